import { describe, expect, test } from 'vitest'

import type { Deletion, Upsert } from '../../src/domain/change.ts'
import type { SchemaId } from '../../src/domain/content.ts'
import { instant } from '../../src/domain/instant.ts'
import { NO_DELETES, NO_OUTCOMES, passId, type PassProgress } from '../../src/domain/pass.ts'
import { decodeState } from '../../src/events/decode-state.ts'
import { decodeValue } from '../../src/events/decode-value.ts'
import { EventCodec } from '../../src/events/event-codec.ts'
import { frame, unframe } from '../../src/events/wire-format.ts'
import {
  markerRecord,
  type Checkpoint,
  type Owner,
  type Truncation,
  type Watermark,
} from '../../src/events/state-records.ts'
import { Fixture, described, FIELDS, KEY, listing, NEVER } from './sample.ts'
import { LISTINGS } from '../../src/resources/listings.ts'

const TOPICS = { listings: 'spark.listings', checkpoints: 'spark.checkpoints', control: 'spark.control' }
const PASS = passId('p-1')
const SOURCE = {
  host: 'api.example.org',
  userId: '20240101000000000000000001',
  mlsId: '20240101000000000000000002',
}
const STAMP = { generation: 2, instanceId: 'i-1', seq: 41 }

const PROGRESS: PassProgress = {
  resource: LISTINGS.name,
  pass: 'snapshot',
  passId: PASS,
  state: 'running',
  initial: true,
  startedAt: instant(1_700_000_000_000),
  filter: "MlsStatus Eq 'Active'",
  token: '',
  walkEnded: false,
  page: 3,
  walked: 2999,
  walkedInRange: 2990,
  counts: { ...NO_OUTCOMES, published: 2998, stale: 1 },
  deletes: NO_DELETES,
  sweepOffsets: [],
}

async function open(fixture: Fixture): Promise<EventCodec> {
  return EventCodec.open(fixture.registry, TOPICS, fixture.schemas, NEVER)
}

function upsert(fixture: Fixture): Upsert {
  return {
    kind: 'upsert',
    key: KEY,
    reason: 'UPDATED',
    modificationTimestamp: instant(Date.UTC(2024, 4, 2, 14, 3, 9)),
    observedAt: instant(Date.UTC(2024, 4, 2, 14, 20)),
    mlsId: null,
    changeStamps: {},
    previousDigest: null,
    content: fixture.encode(listing({ City: 'Dunmere', CloseDate: '2024-05-02', DaysOnMarket: 12 })),
  }
}

describe('events', () => {
  test('ListingUpserted embeds the content and reads as one record of its schema', async () => {
    await using fixture = await Fixture.open()
    const codec = await open(fixture)
    const change = upsert(fixture)
    const bytes = codec.upserted(change, PASS)
    expect(unframe(bytes).schemaId).toBe(change.content.schemaId)
    const decoded = await decodeValue(bytes, fixture.writers, NEVER)
    expect(decoded.name).toBe('ListingUpserted')
    expect(JSON.parse(JSON.stringify(decoded.value))).toMatchObject({
      listingKey: KEY,
      change: 'UPDATED',
      modificationTimestamp: '2024-05-02T14:03:09.000Z',
      observedAt: '2024-05-02T14:20:00.000Z',
      passId: 'p-1',
      volatileFields: { DaysOnMarket: 12 },
      listing: {
        standardFields: { City: 'Dunmere', CloseDate: '2024-05-02', BedsTotal: null },
        customFields: {},
        maskedFields: [],
        unmappedFields: {},
      },
    })
  })

  test('ListingUpserted is written under the schema of its content, not under a newer one', async () => {
    await using fixture = await Fixture.open()
    const codec = await open(fixture)
    const change = upsert(fixture)
    await fixture.schemas.use([...FIELDS, described('Acres', 'Decimal')], NEVER)
    const { schemaId, value } = await decodeValue(codec.upserted(change, PASS), fixture.writers, NEVER)
    expect(schemaId).toBe(change.content.schemaId)
    expect(value).not.toHaveProperty('listing.standardFields.Acres')
  })

  test('ListingDeleted says why and how it is known (R9)', async () => {
    await using fixture = await Fixture.open()
    const codec = await open(fixture)
    const deletion: Deletion = {
      kind: 'deletion',
      key: KEY,
      reason: 'NOT_IN_SOURCE',
      evidence: 'HTTP_404',
      deletedAt: instant(1000),
      lastModificationTimestamp: null,
      mlsId: null,
      changeStamps: {},
      previousDigest: null,
    }
    expect(await decodeValue(codec.deleted(deletion, PASS), fixture.writers, NEVER)).toMatchObject({
      name: 'ListingDeleted',
      value: {
        listingKey: KEY,
        reason: 'NOT_IN_SOURCE',
        evidence: 'HTTP_404',
        deletedAt: '1970-01-01T00:00:01.000Z',
        lastModificationTimestamp: null,
        passId: 'p-1',
      },
    })
  })

  test('each record type has its own subject in its topic, and opening again registers nothing', async () => {
    await using fixture = await Fixture.open()
    await open(fixture)
    expect([...fixture.server.versions.keys()].sort()).toEqual([
      'spark.checkpoints-listingstream.Checkpoint',
      'spark.checkpoints-listingstream.Owner',
      'spark.checkpoints-listingstream.Truncation',
      'spark.checkpoints-listingstream.Watermark',
      'spark.control-listingstream.PassMarker',
      'spark.listings-listingstream.ListingDeleted',
      'spark.listings-listingstream.ListingUpserted',
    ])
    const asked = fixture.server.requests.length
    await open(fixture)
    expect(
      fixture.server
        .calls()
        .slice(asked)
        .filter((call) => call.endsWith('/versions')),
    ).toEqual([])
  })
})

describe("the publisher's own records", () => {
  test('a checkpoint comes back as it was', async () => {
    await using fixture = await Fixture.open()
    const codec = await open(fixture)
    const checkpoint: Checkpoint = {
      ...STAMP,
      progress: PROGRESS,
      nextOffsets: { listings: [7, 0, 12] },
      startOffsets: { listings: [0, 0, 5] },
      source: SOURCE,
      completedAt: null,
    }
    const ended: Checkpoint = {
      ...checkpoint,
      completedAt: instant(Date.UTC(2026, 4, 1, 3)),
      progress: {
        ...PROGRESS,
        pass: 'purge',
        state: 'held',
        token: null,
        walkEnded: true,
        deletes: { ...NO_DELETES, held: 120 },
        sweepOffsets: [3, 4, 5],
      },
    }
    for (const each of [checkpoint, ended]) {
      const read = await decodeState(codec.checkpoint(each), fixture.writers, NEVER)
      expect(read).toEqual({ kind: 'checkpoint', checkpoint: each })
    }
  })

  test('watermark, owner, truncation and marker come back as they were', async () => {
    await using fixture = await Fixture.open()
    const codec = await open(fixture)
    const watermark: Watermark = { ...STAMP, resource: LISTINGS.name, watermark: instant(5), passId: PASS }
    const owner: Owner = {
      ...STAMP,
      host: 'host-1',
      pid: 77,
      dataDir: 'd-1',
      startedAt: instant(1),
      aliveAt: instant(2),
      version: '0.1.0',
      source: null,
      clusterId: 'c-1',
    }
    const marker = markerRecord(
      { event: 'held', progress: PROGRESS, detail: '120 deletes' },
      { generation: 2, at: instant(9), endOffsets: { listings: [8, 1, 13] } },
    )
    const read = async (bytes: Uint8Array) => decodeState(bytes, fixture.writers, NEVER)
    expect(await read(codec.watermark(watermark))).toEqual({ kind: 'watermark', watermark })
    expect(await read(codec.owner(owner))).toEqual({ kind: 'owner', owner })
    expect(await read(codec.owner({ ...owner, source: SOURCE }))).toEqual({
      kind: 'owner',
      owner: { ...owner, source: SOURCE },
    })
    const truncation: Truncation = {
      topic: 'spark.listings',
      partition: 2,
      detail: 'took records at offset 0',
      generation: 3,
      instanceId: STAMP.instanceId,
    }
    expect(await read(codec.truncation(truncation))).toEqual({ kind: 'truncation', truncation })
    expect(await read(codec.marker(marker))).toEqual({ kind: 'marker', marker })
  })

  test('a record of another type is no state', async () => {
    await using fixture = await Fixture.open()
    const codec = await open(fixture)
    expect(await decodeState(codec.upserted(upsert(fixture), PASS), fixture.writers, NEVER)).toBeUndefined()
  })

  test('a state that only a newer version knows is refused, not guessed', async () => {
    await using fixture = await Fixture.open()
    const codec = await open(fixture)
    const later = {
      ...STAMP,
      progress: { ...PROGRESS, state: 'unknown' as 'held' },
      nextOffsets: {},
      startOffsets: {},
      source: SOURCE,
      completedAt: null,
    }
    await expect(decodeState(codec.checkpoint(later), fixture.writers, NEVER)).rejects.toMatchObject({
      code: 'EVENT_UNREADABLE',
    })
  })
})

describe('what cannot be read', () => {
  test('an unknown schema id, a cut value and one with bytes too many (EVENT_UNREADABLE)', async () => {
    await using fixture = await Fixture.open()
    const codec = await open(fixture)
    const bytes = codec.upserted(upsert(fixture), PASS)
    const broken = [
      frame(9999 as SchemaId, bytes.subarray(5)),
      bytes.subarray(0, bytes.length - 1),
      Buffer.concat([bytes, Uint8Array.of(0)]),
    ]
    for (const each of broken) {
      await expect(decodeValue(each, fixture.writers, NEVER)).rejects.toMatchObject({
        code: 'EVENT_UNREADABLE',
        retryable: false,
      })
    }
  })
})
