import { describe, expect, test } from 'vitest'

import type { Hold } from '../../src/domain/hold.ts'
import { instant } from '../../src/domain/instant.ts'
import type { FeedNotification } from '../../src/domain/notification.ts'
import { NO_DELETES, NO_OUTCOMES, passId, type PassProgress } from '../../src/domain/pass.ts'
import { frame } from '../../src/events/wire-format.ts'
import { decodeState } from '../../src/feed/decode-state.ts'
import { HELD_KEYS } from '../../src/feed/held-keys.ts'
import { StateCodec } from '../../src/feed/state-codec.ts'
import {
  markerRecord,
  type Checkpoint,
  type Owner,
  type Truncation,
  type Watermark,
} from '../../src/feed/state-records.ts'
import { LISTINGS } from '../../src/resources/listings.ts'
import { Fixture, listing, NEVER } from '../events/sample.ts'
import { progressOf } from '../fixtures/pass-progress.ts'

const PASS = passId('p-1')
const SOURCE = {
  host: 'api.example.org',
  userId: '20240101000000000000000001',
  mlsId: '20240101000000000000000002',
}
const STAMP = { generation: 2, instanceId: 'i-1', seq: 41 }

const PROGRESS = progressOf({
  pass: 'snapshot',
  passId: PASS,
  initial: true,
  startedAt: instant(1_700_000_000_000),
  filter: "MlsStatus Eq 'Active'",
  page: 3,
  walked: 2999,
  walkedInRange: 2990,
  counts: { ...NO_OUTCOMES, published: 2998, stale: 1 },
  reread: { known: 4_000, masked: 70, changed: 3, held: 5 },
})

function open({ registry }: Fixture): Promise<StateCodec> {
  return StateCodec.open(
    registry,
    { checkpoints: 'spark.checkpoints', control: 'spark.control', holds: 'spark.holds' },
    NEVER,
  )
}

describe("the publisher's own records", () => {
  test('a checkpoint comes back as it was', async () => {
    await using fixture = await Fixture.open()
    const codec = await open(fixture)
    const checkpoint: Checkpoint = {
      ...STAMP,
      progress: PROGRESS,
      nextOffsets: { listings: [7, 0, 12] },
      startOffsets: { listings: [0, 0, 5] },
      rows: new Map([['listing-rows', { swept: [1], sweepEnds: [2], filled: [], ends: [3] }]]),
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
        compare: 'content',
        reconciledAt: instant(1_690_000_000_000),
        missed: { new_key: 3, same_stamp: 120_000 },
      },
    }
    const update: PassProgress = {
      ...PROGRESS,
      pass: 'update',
      window: {
        after: instant(1_699_000_000_000),
        until: instant(1_699_000_060_000),
        walkedBefore: 7,
        knownBefore: 7,
      },
      owedSeconds: [instant(1_690_000_000_000), instant(1_690_000_009_000)],
      overlap: 2_400_000,
    }
    const openEnd: PassProgress = {
      ...update,
      window: { after: instant(5_000), until: null, walkedBefore: 0, knownBefore: 0 },
    }
    const updates = [update, openEnd].map((progress): Checkpoint => ({ ...checkpoint, progress }))
    for (const each of [checkpoint, ended, ...updates]) {
      const read = await decodeState(codec.checkpoint(each), fixture.writers, NEVER)
      expect(read).toEqual({ kind: 'checkpoint', checkpoint: each })
    }
  })

  test('watermark, owner, truncation, pauses and marker come back as they were', async () => {
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
      { generation: 2, at: instant(9), nextOffsets: { listings: [8, 1, 13] } },
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
    const pauses = {
      ...STAMP,
      pauses: [
        { resource: null, since: instant(3), until: instant(4) },
        { resource: LISTINGS.name, since: instant(5), until: null },
      ],
    }
    expect(await read(codec.pauses(pauses))).toEqual({ kind: 'pauses', pauses })
    expect(await read(codec.marker(marker))).toEqual({ kind: 'marker', marker })
    const incident = { id: 'n-1', kind: 'degraded', resource: null, pass: null } as const
    const degraded: FeedNotification = {
      ...incident,
      code: 'KAFKA_UNREACHABLE',
      message: 'The feed is not ready.',
      at: instant(6),
      recovers: null,
    }
    const over: FeedNotification = { ...degraded, kind: 'recovered', code: null, recovers: incident }
    for (const notification of [degraded, over]) {
      expect(await read(codec.notification(notification))).toEqual({ kind: 'notification', notification })
    }
  })

  test('a hold of a version that knew no rejection is none that was rejected, and a rejected one comes back', async () => {
    await using fixture = await Fixture.open()
    const codec = await open(fixture)
    const hold: Hold = {
      resource: LISTINGS.name,
      pass: 'purge',
      passId: PASS,
      kind: 'masking',
      generation: 2,
      startedAt: instant(1),
      sweepOffsets: [],
      heldAt: instant(2),
      why: 'too many',
      rejectedAt: instant(3),
    }
    const chunk = { hold, chunk: 0, whole: { chunks: 1, keys: 0 }, keys: [] }
    const read = await decodeState(codec.heldKeys(chunk), fixture.writers, NEVER)
    expect(read).toEqual({ kind: 'held-keys', chunk })
    const { rejectedAt: _, ...earlier } = hold
    const written = { ...earlier, kind: 'MASKING', pass: 'PURGE', chunk: 0, chunks: 1, total: 0, keys: [] }
    expect(HELD_KEYS.parse(written)).toEqual({ ...chunk, hold: { ...hold, rejectedAt: null } })
  })

  test('a record of another type is no state', async () => {
    await using fixture = await Fixture.open()
    const { schemaId, bytes } = fixture.encode(listing({ City: 'Dunmere' }))
    const { envelope } = fixture.schemas.version(schemaId)
    const event = frame(schemaId, envelope.toBuffer({ listingKey: 'k' }), Uint8Array.of(2), bytes)
    expect(await decodeState(event, fixture.writers, NEVER)).toBeUndefined()
  })

  test('a state that only a newer version knows is refused, not guessed', async () => {
    await using fixture = await Fixture.open()
    const codec = await open(fixture)
    const later = {
      ...STAMP,
      progress: { ...PROGRESS, state: 'unknown' as 'held' },
      nextOffsets: {},
      startOffsets: {},
      rows: new Map(),
      source: SOURCE,
      completedAt: null,
    }
    await expect(decodeState(codec.checkpoint(later), fixture.writers, NEVER)).rejects.toMatchObject({
      code: 'EVENT_UNREADABLE',
    })
  })

  test('each has its own subject in its topic, and opening again registers nothing', async () => {
    await using fixture = await Fixture.open()
    await open(fixture)
    expect([...fixture.server.versions.keys()].sort()).toEqual([
      'spark.checkpoints-listingstream.Checkpoint',
      'spark.checkpoints-listingstream.Owner',
      'spark.checkpoints-listingstream.Pauses',
      'spark.checkpoints-listingstream.RowTopics',
      'spark.checkpoints-listingstream.Truncation',
      'spark.checkpoints-listingstream.Watermark',
      'spark.control-listingstream.FeedNotification',
      'spark.control-listingstream.PassMarker',
      'spark.control-listingstream.SweepCertificate',
      'spark.holds-listingstream.HeldKeys',
      'spark.listings-listingstream.ListingUpserted',
    ])
    const asked = fixture.server.requests.length
    await open(fixture)
    const calls = fixture.server.calls().slice(asked)
    expect(calls.filter((call) => call.endsWith('/versions'))).toEqual([])
  })
})
