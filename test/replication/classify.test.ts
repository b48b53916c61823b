import { describe, expect, test } from 'vitest'

import { NO_DIGEST, parseDigest, parseSchemaId } from '../../src/domain/content.ts'
import { MASKED } from '../../src/domain/masked.ts'
import { instant } from '../../src/domain/instant.ts'
import { recordKey } from '../../src/domain/record-key.ts'
import { LISTINGS } from '../../src/resources/listings.ts'
import type { SourceRecord } from '../../src/domain/source-record.ts'
import { classify, type Sighting } from '../../src/replication/classify.ts'
import type { ContentEncoder } from '../../src/replication/ports.ts'
import type { IndexEntry } from '../../src/domain/index-entry.ts'

const OVERLAP = 20 * 60_000
const NOW = instant(1_780_000_000_000)
const SCHEMA_1 = parseSchemaId(1)!
const SCHEMA_2 = parseSchemaId(2)!

const digestOf = (text: string) =>
  parseDigest(Buffer.from(text).toString('hex').padEnd(32, '0').slice(0, 32))!

/** The digest is the record's `city`, with a mark for the older schema; `poison` cannot be encoded. */
const encoder: ContentEncoder = {
  prepare: async () => undefined,
  encode: (_, { body }) =>
    body['poison'] === true
      ? { kind: 'unencodable', reason: 'too large', digest: digestOf('poison') }
      : {
          kind: 'encoded',
          content: {
            schemaId: SCHEMA_2,
            digest: digestOf(JSON.stringify(body['city'])),
            bytes: new Uint8Array(),
            volatileFields: {},
          },
        },
  digestUnder: (_, { body }, schema) => digestOf(`${schema}:${JSON.stringify(body['city'])}`),
  formerDigests: () => [],
}

function record(overrides: Partial<SourceRecord> = {}): SourceRecord {
  return {
    key: recordKey('20240117093015123456000000'),
    modificationTimestamp: NOW,
    mlsId: '1',
    changeStamps: {},
    body: { city: 'Fargo' },
    ...overrides,
  }
}

function entry(overrides: Partial<IndexEntry> = {}): IndexEntry {
  return {
    state: 'live',
    digest: digestOf('"Fargo"'),
    schemaId: SCHEMA_2,
    modificationTimestamp: NOW,
    observedAt: NOW,
    changeStamps: {},
    mlsId: '1',
    partition: 0,
    offset: 7,
    request: 5,
    ...overrides,
  }
}

function decide(known: IndexEntry | undefined, overrides: Partial<Sighting> = {}) {
  return classify(
    {
      resource: LISTINGS,
      record: record(),
      request: 9,
      observedAt: NOW,
      entry: known,
      initial: false,
      askedAgain: false,
      withholding: 'nothing',
      ...overrides,
    },
    encoder,
    OVERLAP,
  )
}

describe('what becomes of a record', () => {
  test('a key that nobody knows is created, or part of the first snapshot', () => {
    expect(decide(undefined)).toMatchObject({
      outcome: 'published',
      change: { reason: 'CREATED', previousDigest: null },
    })
    expect(decide(undefined, { initial: true })).toMatchObject({ change: { reason: 'SNAPSHOT' } })
  })
  test('the same content publishes nothing, and the index takes the new stamp (R5)', () => {
    const later = instant(NOW + 60_000)
    const touched = record({ modificationTimestamp: later })
    expect(decide(entry(), { record: touched, observedAt: later })).toEqual({
      outcome: 'unchanged',
      entry: entry({ modificationTimestamp: later, observedAt: later, request: 9, masked: 0 }),
    })
  })
  test('other content is an update of the content before', () => {
    expect(decide(entry({ digest: digestOf('"Moorhead"') }))).toMatchObject({
      outcome: 'published',
      change: { reason: 'UPDATED', previousDigest: digestOf('"Moorhead"') },
    })
  })
  test('content written under an older schema is compared under that schema (R5)', () => {
    const older = entry({ schemaId: SCHEMA_1, digest: digestOf('1:"Fargo"') })
    expect(decide(older)).toMatchObject({ outcome: 'unchanged', entry: { schemaId: SCHEMA_1 } })
    expect(decide(entry({ schemaId: SCHEMA_1, digest: digestOf('1:"Moorhead"') }))).toMatchObject({
      outcome: 'published',
    })
  })
  test('an answer to a request sent before the one that last confirmed the key is stale (R6)', () => {
    expect(decide(entry({ request: 10, digest: digestOf('"Moorhead"') }))).toEqual({
      outcome: 'stale',
      askAgain: false,
    })
  })
  describe('an older stamp than the one known (R6)', () => {
    const older = record({ modificationTimestamp: instant(NOW - 1_000), body: { city: 'Moorhead' } })
    test('is stale within the overlap', () => {
      expect(decide(entry(), { record: older })).toEqual({ outcome: 'stale', askAgain: false })
    })
    test('is asked for again when the newer one was seen longer ago than the overlap', () => {
      const observedAt = instant(NOW + OVERLAP + 1)
      expect(decide(entry(), { record: older, observedAt })).toEqual({ outcome: 'stale', askAgain: true })
    })
    test('is the new truth when the source says so again', () => {
      const observedAt = instant(NOW + OVERLAP + 1)
      expect(decide(entry(), { record: older, observedAt, askedAgain: true })).toMatchObject({
        outcome: 'published',
      })
    })
  })
  describe('a deleted key (R9)', () => {
    const deleted = entry({ state: 'deleted', digest: NO_DIGEST })
    test('stays deleted within the overlap while the record is not newer', () => {
      expect(decide(deleted)).toEqual({ outcome: 'stale', askAgain: false })
    })
    test.each([
      ['the record', deleted, record({ modificationTimestamp: null })],
      ['the index', entry({ state: 'deleted', digest: NO_DIGEST, modificationTimestamp: null }), record()],
    ])('stays deleted within the overlap where the stamp of %s is not known', (_, known, shown) => {
      expect(decide(known, { record: shown })).toEqual({ outcome: 'stale', askAgain: false })
      const later = { record: shown, observedAt: instant(NOW + OVERLAP + 1) }
      expect(decide(known, later)).toMatchObject({ outcome: 'published', change: { reason: 'RESTORED' } })
    })
    test('is restored by a newer record, and by any record after the overlap', () => {
      const newer = record({ modificationTimestamp: instant(NOW + 1_000) })
      const restored = { outcome: 'published', change: { reason: 'RESTORED', previousDigest: null } }
      expect(decide(deleted, { record: newer })).toMatchObject(restored)
      expect(decide(deleted, { observedAt: instant(NOW + OVERLAP + 1) })).toMatchObject(restored)
    })
  })
  test('what cannot be encoded goes to the dead letters once (R12)', () => {
    const poison = record({ body: { poison: true } })
    const first = decide(entry(), { record: poison })
    expect(first).toMatchObject({
      outcome: 'dead_lettered',
      deadLetter: { reason: 'too large', body: { poison: true } },
      entry: { state: 'dead_lettered', offset: 7 },
    })
    if (first.outcome !== 'dead_lettered') throw new TypeError(first.outcome)
    expect(decide(first.entry, { record: poison })).toMatchObject({ outcome: 'unchanged' })
  })
  describe('after a dead letter', () => {
    const poison = record({ body: { poison: true } })
    const lettered = (before: IndexEntry | undefined): IndexEntry => {
      const decision = decide(before, { record: poison })
      if (decision.outcome !== 'unchanged' && decision.outcome !== 'dead_lettered')
        throw new TypeError(decision.outcome)
      return decision.entry
    }
    test.each([
      ['the schema of now', entry()],
      ['an older schema', entry({ schemaId: SCHEMA_1, digest: digestOf('1:"Fargo"') })],
    ])('the content last published, under %s, publishes nothing (R5)', (_, before) => {
      const later = { request: 9, observedAt: instant(NOW + 1_000) }
      expect(decide(lettered(before), later)).toEqual({
        outcome: 'unchanged',
        entry: { ...before, ...later, masked: 0 },
      })
      expect(decide(lettered(lettered(before)), later)).toMatchObject({ outcome: 'unchanged' })
    })
    test('other content is an update of the content last published', () => {
      const moved = record({ body: { city: 'Bismarck' } })
      const change = { reason: 'UPDATED', previousDigest: entry().digest }
      expect(decide(lettered(entry()), { record: moved })).toMatchObject({ outcome: 'published', change })
    })
    test('a key that was deleted before is restored, one that was never published is created', () => {
      const deleted = entry({ state: 'deleted', digest: NO_DIGEST })
      const later = { observedAt: instant(NOW + OVERLAP + 1) }
      const poisoned = decide(deleted, { ...later, record: poison })
      if (poisoned.outcome !== 'dead_lettered') throw new TypeError(poisoned.outcome)
      const restored = { outcome: 'published', change: { reason: 'RESTORED', previousDigest: null } }
      expect(decide(poisoned.entry, later)).toMatchObject(restored)
      const created = { outcome: 'published', change: { reason: 'CREATED', previousDigest: null } }
      expect(decide(lettered(undefined))).toMatchObject(created)
    })
  })
})

describe('what waits for the verdict of its pass (R10)', () => {
  const masking: ContentEncoder = {
    ...encoder,
    encode: (resource, seen) => {
      const result = encoder.encode(resource, seen)
      if (result.kind !== 'encoded') return result
      return { ...result, content: { ...result.content, masked: seen.body['city'] === MASKED ? 2 : 0 } }
    },
  }
  const judge = (
    known: IndexEntry | undefined,
    city: string,
    withholding: Sighting['withholding'] = 'masking',
  ) => {
    const sighting: Sighting = {
      resource: LISTINGS,
      record: record({ body: { city } }),
      request: 9,
      observedAt: NOW,
      entry: known,
      initial: false,
      askedAgain: false,
      withholding,
    }
    return classify(sighting, masking, OVERLAP)
  }

  test('is a known record that gains masked fields: it changes nothing, the index neither', () => {
    expect(judge(entry({ masked: 1 }), MASKED)).toEqual({ outcome: 'withheld', because: 'masking' })
  })

  test.each([
    ['nobody knows how many of its fields were masked', entry()],
    ['as many of its fields were masked before', entry({ masked: 2 })],
    ['the topic does not have it', undefined],
    ['the topic has it as deleted', entry({ state: 'deleted', masked: 0, observedAt: instant(0) })],
  ])('is none where %s', (_, known) => {
    expect(judge(known, MASKED)).toMatchObject({ outcome: 'published' })
  })

  test('is every change of a known record, where changes are guarded', () => {
    expect(judge(entry({ masked: 0 }), 'Minot')).toMatchObject({ outcome: 'published' })
    expect(judge(entry({ masked: 0 }), 'Minot', 'changes')).toEqual({
      outcome: 'withheld',
      because: 'changes',
    })
    expect(judge(undefined, 'Minot', 'changes')).toMatchObject({ outcome: 'published' })
    expect(judge(entry({ masked: 0 }), 'Fargo', 'changes')).toMatchObject({ outcome: 'unchanged' })
  })

  test('is nothing where nothing is guarded', () => {
    expect(judge(entry({ masked: 1 }), MASKED, 'nothing')).toMatchObject({ outcome: 'published' })
  })
})
