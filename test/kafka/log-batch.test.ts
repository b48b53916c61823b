import { createRequire } from 'node:module'

import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { plainRecords, readLogBatches, type LogBatch } from '../../src/kafka/log-batch.ts'
import { readLogRecords, type LogRecord } from '../../src/kafka/log-record.ts'
import { giveKafkajsItsCodecs } from '../fixtures/kafkajs-codecs.ts'
import { plainRecord } from '../fixtures/plain-record.ts'
import {
  batchBytes,
  CODEC_NAMES,
  dataBatch,
  sealed,
  varint,
  type WrittenBatch,
  type WrittenRecord,
} from './log-bytes.ts'

const PLACE = { topic: 't', partition: 3 }
const DAMAGED = expect.objectContaining({ code: 'KAFKA_BATCH_DAMAGED', retryable: false })

const require = createRequire(import.meta.url)

interface ForeignRecord {
  readonly offset: string
  readonly timestamp: string
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: Readonly<Record<string, Buffer | null | (Buffer | null)[]>>
  readonly isControlRecord: boolean
}

/** What kafkajs makes of the batches of an answer. */
async function asKafkajs(batches: Buffer): Promise<readonly ForeignRecord[]> {
  giveKafkajsItsCodecs()
  const decode = require('kafkajs/src/protocol/requests/fetch/v4/decodeMessages') as (
    decoder: unknown,
  ) => Promise<readonly ForeignRecord[]>
  const Decoder = require('kafkajs/src/protocol/decoder') as new (bytes: Buffer) => unknown
  const length = Buffer.alloc(4)
  length.writeInt32BE(batches.length)
  return await decode(new Decoder(Buffer.concat([length, batches])))
}

interface PlacedRecord {
  readonly batch: LogBatch
  readonly record: LogRecord
}

async function readAll(bytes: Buffer): Promise<readonly PlacedRecord[]> {
  const placed: PlacedRecord[] = []
  for (const batch of readLogBatches(bytes, PLACE)) {
    for (const record of readLogRecords(batch, await plainRecords(batch))) placed.push({ batch, record })
  }
  return placed
}

const bytes = (maxLength: number): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ maxLength }).map((array) => Buffer.from(array))
const nullable = <T>(of: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(of, { nil: null })
const headerNames = fc.oneof(
  fc.constantFrom('digest', 'ce_id', 'x', '__proto__', 'toString', ''),
  fc.string({ unit: 'grapheme', maxLength: 8 }),
)
const contents = fc.record({
  timestamp: fc.oneof(
    fc.integer({ min: 0, max: 4_102_444_800_000 }),
    fc.integer({ min: 1_699_999_999_000, max: 1_700_000_001_000 }),
  ),
  key: nullable(bytes(40)),
  value: nullable(fc.oneof(bytes(30), bytes(3_000))),
  headers: fc.array(fc.tuple(headerNames, nullable(bytes(60))), { maxLength: 8 }),
})
/** With the gaps that compaction leaves; some are emptied. */
const batches: fc.Arbitrary<readonly WrittenBatch[]> = fc
  .array(
    fc.record({
      skipped: fc.nat({ max: 5 }),
      slots: fc.array(nullable(contents), { minLength: 1, maxLength: 8 }),
      producerId: fc.bigInt({ min: -1n, max: 2n ** 62n }),
      isTransactional: fc.boolean(),
      isControl: fc.boolean(),
      appendedAt: fc.option(fc.integer({ min: 1, max: 4_102_444_800_000 }), { nil: undefined }),
      codec: fc.constantFrom(...CODEC_NAMES),
    }),
    { maxLength: 6 },
  )
  .chain((parts) => fc.nat({ max: 2 ** 40 }).map((start) => ({ parts, start })))
  .map(({ parts, start }) => {
    let next = start
    return parts.map(({ skipped, slots, appendedAt, ...batch }): WrittenBatch => {
      const baseOffset = next + skipped
      next = baseOffset + slots.length
      const records = slots.flatMap((slot, i): WrittenRecord[] =>
        slot === null ? [] : [{ offset: baseOffset + i, ...slot }],
      )
      const timed = appendedAt === undefined ? {} : { appendedAt }
      return { ...batch, ...timed, baseOffset, lastOffset: next - 1, records }
    })
  })

/** Their bytes, and one of them. */
const nonEmpty = fc
  .tuple(batches, fc.nat())
  .filter(([written]) => written.length > 0)
  .map(([written, which]) => ({ each: written.map(batchBytes), which: which % written.length }))

const LENGTH_AT = 8
const FORMAT_AT = 16

describe('the batches of an answer', () => {
  test('hold the records that were written into them, with whatever codec and gaps', async () => {
    await fc.assert(
      fc.asyncProperty(batches, async (written) => {
        const read = await readAll(Buffer.concat(written.map(batchBytes)))
        const expected = written.flatMap((batch) => batch.records.map((record) => ({ batch, record })))
        expect(read.map(({ record }) => plainRecord(record))).toEqual(
          expected.map(({ batch, record }) => ({
            offset: record.offset,
            timestamp: batch.appendedAt ?? record.timestamp,
            key: record.key,
            value: record.value,
            headers: lastOfEach(record.headers ?? []),
          })),
        )
      }),
      { numRuns: 300 },
    )
  })

  test("are read as kafkajs's own decoder reads them", async () => {
    await fc.assert(
      fc.asyncProperty(batches, fc.nat(), async (written, cut) => {
        const whole = Buffer.concat(written.map(batchBytes))
        const sent = whole.subarray(0, whole.length - (whole.length === 0 ? 0 : cut % whole.length))
        // It looks for the format of the first batch where there may be none.
        fc.pre(sent.length === 0 || sent.length > 16)
        const read = await readAll(sent)
        const theirs = await asKafkajs(sent)
        expect(
          read.map(({ batch, record }) => ({ ...plainRecord(record), isControlRecord: batch.isControl })),
        ).toEqual(
          theirs.map(({ offset, timestamp, key, value, headers, isControlRecord }) => ({
            offset: Number(offset),
            timestamp: Number(timestamp),
            key,
            value,
            headers: lastOfEach(
              Object.entries(headers).map(([name, header]) => [
                name,
                Array.isArray(header) ? (header.at(-1) ?? null) : header,
              ]),
            ),
            isControlRecord,
          })),
        )
      }),
      { numRuns: 300 },
    )
  })

  test('are those that came whole: of a cut one nothing is read, and nothing before it is lost', () => {
    fc.assert(
      fc.property(batches, fc.nat(), (written, cut) => {
        const each = written.map(batchBytes)
        const whole = Buffer.concat(each)
        const length = whole.length === 0 ? 0 : cut % whole.length
        let before = 0
        const count = each.filter((one) => (before += one.length) <= length).length
        expect(readLogBatches(whole.subarray(0, length), PLACE)).toHaveLength(count)
      }),
    )
  })
})

describe('a damaged batch is an error, never another record or none', () => {
  test('whichever bit of what the checksum counts is another one, or of the checksum itself', () => {
    fc.assert(
      fc.property(nonEmpty, fc.nat(), fc.nat({ max: 7 }), ({ each, which }, at, bit) => {
        const target = each[which] ?? Buffer.alloc(0)
        flip(target, FORMAT_AT + (at % (target.length - FORMAT_AT)), bit)
        expect(() => readLogBatches(Buffer.concat(each), PLACE)).toThrow(DAMAGED)
      }),
      { numRuns: 500 },
    )
  })

  test('or its length, which is in no checksum: then it is cut at the most, and so is what follows', () => {
    fc.assert(
      fc.property(nonEmpty, fc.nat({ max: 31 }), ({ each, which }, bit) => {
        const before = readLogBatches(Buffer.concat(each), PLACE)
        flip(each[which] ?? Buffer.alloc(0), LENGTH_AT + (bit >> 3), bit & 7)
        try {
          expect(readLogBatches(Buffer.concat(each), PLACE)).toEqual(before.slice(0, which))
        } catch (error) {
          expect(error).toEqual(DAMAGED)
        }
      }),
      { numRuns: 500 },
    )
  })

  test.each([
    ['more records are told than there are', (batch: Buffer) => batch.writeInt32BE(3, 57)],
    ['fewer records are told than there are', (batch: Buffer) => batch.writeInt32BE(1, 57)],
    ['the codec is another one than was used', (batch: Buffer) => batch.writeInt16BE(4, 21)],
    ['the codec is unknown', (batch: Buffer) => batch.writeInt16BE(7, 21)],
    ['it ends before it begins', (batch: Buffer) => batch.writeInt32BE(-1, 23)],
    ['it lies below the log', (batch: Buffer) => batch.writeInt32BE(-1, 0)],
    ['a record is longer than its batch', (batch: Buffer) => batch.writeUInt8(0x7e, 61)],
  ])('where %s, though the checksum is right', async (_, spoil) => {
    const batch = dataBatch(1n, 5, 6, [5, 6])
    spoil(batch)
    await expect(readAll(sealed(batch))).rejects.toEqual(DAMAGED)
  })

  test('where its format is an old one', () => {
    const batch = dataBatch(1n, 5, 6, [5, 6])
    batch.writeInt8(1, 16)
    expect(() => readLogBatches(batch, PLACE)).toThrow(/partition 3: the batch at offset 5 is damaged/)
  })

  test('where the headers do not end with their record, as soon as they are asked for', async () => {
    const batch = dataBatch(1n, 0, 0, [0], { record: { headers: [['a', Buffer.from('b')]] } })
    const header = batch.indexOf(Buffer.concat([varint(1), Buffer.from('a')]))
    for (const spoilt of [-1, 40]) {
      const bytesOfIt = Buffer.from(batch)
      varint(spoilt).copy(bytesOfIt, header)
      const [placed] = await readAll(sealed(bytesOfIt))
      expect(() => placed?.record.headers).toThrow(DAMAGED)
    }
  })
})

function lastOfEach(headers: readonly (readonly [string, Buffer | null])[]): Record<string, Buffer> {
  return Object.fromEntries(
    [...new Map(headers)].flatMap(([name, value]) => (value === null ? [] : [[name, value]])),
  )
}

function flip(bytes: Buffer, at: number, bit: number): void {
  bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << bit), at)
}
