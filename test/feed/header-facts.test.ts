import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { ACCOUNTS } from '../../src/resources/accounts.ts'
import { LISTINGS } from '../../src/resources/listings.ts'
import { HEADERS } from '../../src/events/header-names.ts'
import { HeaderFactsReader } from '../../src/feed/header-facts.ts'
import { parseHeaders, type HeaderFacts } from '../../src/feed/record-headers.ts'
import { readLogBatches } from '../../src/kafka/log-batch.ts'
import { readLogRecords, type LogRecord } from '../../src/kafka/log-record.ts'
import { batchBytes } from '../kafka/log-bytes.ts'

type Header = readonly [string, Buffer | null]

/** With the headers as they lie in a batch. */
function recordWith(headers: readonly Header[]): LogRecord {
  const records = [{ offset: 0, key: Buffer.from('k'), value: null, headers }]
  const [batch] = readLogBatches(batchBytes({ baseOffset: 0, lastOffset: 0, records }), {
    topic: 't',
    partition: 0,
  })
  const [record] = batch === undefined ? [] : readLogRecords(batch, batch.records)
  return record!
}

/** Facts, undefined, or that it throws. */
function outcome(read: () => HeaderFacts | undefined): unknown {
  try {
    return read()
  } catch (error) {
    return String(error)
  }
}

const DIGEST = '0123456789abcdef'.repeat(2)
const millis = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 4_000_000_000_000 }).map(String) },
  fc.constantFrom(
    '',
    '-5',
    '007',
    '999999999999999',
    '1000000000000000',
    '9999999999999999',
    '12345678901234567',
    '1e3',
    ' 1',
    '1 ',
  ),
)
const stamps = fc.oneof(
  { weight: 4, arbitrary: fc.array(millis, { minLength: 3, maxLength: 3 }).map((texts) => texts.join(',')) },
  fc.array(millis, { maxLength: 5 }).map((texts) => texts.join(',')),
)
const digests = fc.oneof(
  { weight: 4, arbitrary: fc.constant(DIGEST) },
  fc.constantFrom('', DIGEST.toUpperCase(), DIGEST.slice(1), `${DIGEST}0`, `${DIGEST.slice(1)}ü`),
)
const texts = fc.oneof(fc.constantFrom('', '20000426143505724628000000'), fc.string({ unit: 'grapheme' }))
const bytes = (of: fc.Arbitrary<string>): fc.Arbitrary<Buffer | null> =>
  fc.oneof({ weight: 20, arbitrary: of.map((text) => Buffer.from(text)) }, fc.constant(null))

const one = (name: string, content: fc.Arbitrary<string>): fc.Arbitrary<readonly Header[]> =>
  fc.oneof(
    { weight: 12, arbitrary: bytes(content).map((value): readonly Header[] => [[name, value]]) },
    fc.constant([]),
    fc.tuple(bytes(content), bytes(content)).map((both) => both.map((value): Header => [name, value])),
  )
const types = fc.constantFrom(
  `listingstream.${LISTINGS.events.deleted}`,
  `listingstream.${LISTINGS.events.upserted}`,
  `listingstream.${ACCOUNTS.events.deleted}`,
  `listingstream.${LISTINGS.events.deleted}s`,
  '',
)
const headers: fc.Arbitrary<readonly Header[]> = fc
  .tuple(
    one(HEADERS.digest, digests),
    one(HEADERS.modificationTimestamp, millis),
    one(HEADERS.observedAt, millis),
    one(HEADERS.changeStamps, stamps),
    one(HEADERS.mlsId, texts),
    one(HEADERS.maskedFields, fc.oneof(millis, fc.nat({ max: 3_000 }).map(String))),
    one(HEADERS.type, types),
    one(HEADERS.time, texts),
    one('digesu', digests),
    one('__proto__', texts),
  )
  .map((groups) => groups.flat())
  .chain((all) =>
    fc
      .boolean()
      .chain((isShuffled) =>
        isShuffled ? fc.shuffledSubarray([...all], { minLength: all.length }) : fc.constant(all),
      ),
  )

describe('headers read where they lie', () => {
  test.each([LISTINGS, ACCOUNTS])(
    'tell of $name what their texts tell, in whatever form they are (R2)',
    (resource) => {
      const reader = new HeaderFactsReader(resource)
      fc.assert(
        fc.property(headers, (written) => {
          const record = recordWith(written)
          const asTexts = new Map(
            Object.entries(record.headers).map(([name, value]) => [name, value.toString('utf8')]),
          )
          expect(outcome(() => reader.read(record))).toEqual(outcome(() => parseHeaders(asTexts, resource)))
        }),
        { numRuns: 2_000 },
      )
    },
  )

  test('tell nothing of the record that was read before', () => {
    const reader = new HeaderFactsReader(LISTINGS)
    const whole: readonly Header[] = [
      [HEADERS.digest, Buffer.from(DIGEST)],
      [HEADERS.modificationTimestamp, Buffer.from('')],
      [HEADERS.observedAt, Buffer.from('5')],
      [HEADERS.changeStamps, Buffer.from('1,,3')],
      [HEADERS.mlsId, Buffer.from('')],
    ]
    const counted: Header = [HEADERS.maskedFields, Buffer.from('12')]
    const facts = {
      digest: DIGEST,
      modificationTimestamp: null,
      observedAt: 5,
      changeStamps: Object.fromEntries(LISTINGS.changeStamps.map(({ name }, i) => [name, [1, null, 3][i]])),
      mlsId: null,
      masked: undefined,
      deleted: false,
    }
    expect(reader.read(recordWith(whole))).toEqual(facts)
    for (const left of whole) {
      expect(reader.read(recordWith(whole.filter((each) => each !== left)))).toBeUndefined()
      expect(reader.read(recordWith(whole))).toEqual(facts)
    }
    expect(reader.read(recordWith([]))).toBeUndefined()
    expect(reader.read(recordWith([...whole, counted]))).toEqual({ ...facts, masked: 12 })
    expect(reader.read(recordWith(whole))).toEqual(facts)
  })
})
