import { randomBytes } from 'node:crypto'
import { gzipSync } from 'node:zlib'

import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { wholeValue, type OutgoingRecord } from '../../src/kafka/outgoing-record.ts'
import type { KafkaRecord } from '../../src/kafka/read-topic.ts'
import type { DeadLetter } from '../../src/domain/change.ts'
import { JsonBigInteger, toJsonText } from '../../src/domain/json.ts'
import { passId } from '../../src/domain/pass.ts'
import { recordKey } from '../../src/domain/record-key.ts'
import { LISTINGS } from '../../src/resources/listings.ts'
import { DeadLetterReader, type DeadLetterBody } from '../../src/feed/dead-letter-log.ts'
import { deadLetterRecords, deadLetterTombstones } from '../../src/publisher/dead-letters.ts'
import { topicNames } from '../../src/feed/topic-names.ts'

const names = topicNames('spark')
const AT = Date.UTC(2026, 4, 2)

/** As the topic holds them, from this offset on. */
function placed(records: readonly OutgoingRecord[], from = 0): KafkaRecord[] {
  return records.map(({ key, value, headers }, i) => ({
    offset: from + i,
    timestamp: AT + from + i,
    key: key === null ? null : Buffer.from(key),
    value: value === null ? null : wholeValue(value),
    headers: Object.fromEntries(headers.map(({ name, value: text }) => [name, Buffer.from(text)])),
  }))
}

function read(records: readonly KafkaRecord[]) {
  const reader = new DeadLetterReader('spark.dead-letters')
  const bodies: DeadLetterBody[] = records
    .map((record) => reader.take(record))
    .filter((body) => body !== undefined)
  return {
    letters: reader.letters(),
    bodies,
    waiting: reader.letters().filter(({ settledAt }) => settledAt === null),
  }
}

const written = (...letters: readonly DeadLetter[]) =>
  deadLetterRecords(LISTINGS, letters, names, passId('pass-1'))
const letter = (key: string | null, body: DeadLetter['body']): DeadLetter => ({
  key: key === null ? null : recordKey(key),
  reason: 'it is too large',
  body,
})

describe('dead letters', () => {
  test('are read as they were written, large ones put together from their parts (R12)', () => {
    const large = {
      Noise: randomBytes(1_500_000).toString('base64'),
      Price: new JsonBigInteger('9007199254740993'),
    }
    const records = written(
      letter('large', large),
      letter('small', { City: 'Fargo' }),
      letter(null, { Id: null }),
    )
    expect(records.length).toBeGreaterThan(3)
    const { letters, bodies } = read(placed(records))
    expect(bodies.map(({ json }) => json)).toEqual([toJsonText(large), '{"City":"Fargo"}', '{"Id":null}'])
    expect(bodies.map(({ offset }) => offset)).toEqual(letters.map(({ offset }) => offset))
    const common = { topic: 'spark.listings', reason: 'it is too large', passId: 'pass-1', settledAt: null }
    expect(letters).toMatchObject([
      { ...common, name: 'large', key: 'large', at: AT, bytes: toJsonText(large).length },
      { ...common, name: 'small', key: 'small', bytes: 16 },
      { ...common, name: expect.stringMatching(/^[0-9a-f]{32}$/), key: null },
    ])
  })

  test('are settled by tombstones, whatever the number of their parts, and wait again when written again (R12)', () => {
    const small = written(letter('k', { City: 'Fargo' }))
    const tombstones = deadLetterTombstones(LISTINGS, [recordKey('k')], names)
    const settled = read(placed([...small, ...tombstones]))
    expect(settled.letters).toMatchObject([{ name: 'k', settledAt: AT + 1 }])
    expect(read(placed([...small, ...tombstones, ...small])).waiting).toMatchObject([{ offset: 3 }])
  })

  test.each<readonly [string, Partial<OutgoingRecord>]>([
    ['a key without a slash', { key: 'listings' }],
    ['no key', { key: null }],
    ['a value that is no gzip', { value: Buffer.from('{}') }],
    ['headers of another program', { headers: [] }],
  ])('a record with %s is of another writer', (_, over) => {
    const [record] = written(letter('k', {}))
    const foreign = placed([{ ...record!, ...over }], 7)
    expect(() => read(foreign)).toThrow(expect.objectContaining({ code: 'TOPIC_FOREIGN_RECORD' }))
    expect(() => read(foreign)).toThrow('offset 7')
  })
})

describe('compaction', () => {
  /** A letter of so many parts, or tombstones for 0. */
  const events = fc.array(
    fc.record({ key: fc.constantFrom('a', 'b'), parts: fc.integer({ min: 0, max: 4 }) }),
    { maxLength: 12 },
  )

  function recordsOf(key: string, parts: number, n: number): readonly OutgoingRecord[] {
    if (parts === 0) return deadLetterTombstones(LISTINGS, [recordKey(key)], names)
    const zipped = gzipSync(JSON.stringify({ n }))
    const [record] = written(letter(key, { n }))
    const size = Math.ceil(zipped.length / parts)
    return Array.from({ length: parts }, (_, i) => ({
      ...record!,
      key: parts === 1 ? record!.key : `${String(record!.key)}/${i + 1}`,
      value: zipped.subarray(i * size, (i + 1) * size),
      headers: record!.headers.map(({ name, value }) => {
        if (name === 'part') return { name, value: String(i + 1) }
        return { name, value: name === 'parts' ? String(parts) : value }
      }),
    }))
  }

  test('however far it has come, the same letters wait with the same bodies', () => {
    fc.assert(
      fc.property(events, fc.nat({ max: 40 }), fc.boolean(), (history, cleaned, keepTombstones) => {
        const all = placed(history.flatMap(({ key, parts }, n) => recordsOf(key, parts, n)))
        // Below some offset it keeps the last record of each key; tombstones go in the end.
        const last = new Map(all.slice(0, cleaned).map((record) => [String(record.key), record.offset]))
        const compacted = all.filter(({ key, offset, value }) => {
          if (offset >= cleaned) return true
          return last.get(String(key)) === offset && (value !== null || keepTombstones)
        })
        const [whole, less] = [read(all), read(compacted)]
        expect(less.waiting).toEqual(whole.waiting)
        const waits = new Set(whole.waiting.map(({ offset }) => offset))
        const bodies = ({ bodies }: ReturnType<typeof read>) =>
          bodies.filter(({ offset }) => waits.has(offset))
        expect(bodies(less)).toEqual(bodies(whole))

        const expected = new Map<string, number>()
        for (const [n, { key, parts }] of history.entries()) {
          if (parts === 0) expected.delete(key)
          else expected.set(key, n)
        }
        const found = bodies(whole).map(({ json }): number => JSON.parse(json).n)
        expect(new Set(found)).toEqual(new Set(expected.values()))
        expect(found).toHaveLength(expected.size)
      }),
      { numRuns: 1000 },
    )
  })
})
