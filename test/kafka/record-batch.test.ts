import { createRequire } from 'node:module'

import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { BatchRounds, MemoryPool, recordsOf, type Batch } from '../../src/kafka/batch-rounds.ts'
import type { OutgoingRecord } from '../../src/kafka/outgoing-record.ts'
import { partsOf } from '../../src/kafka/outgoing-record.ts'
import { BATCH_HEADER_BYTES, BatchWriter, recordBytes, writeBatch } from '../../src/kafka/record-batch.ts'
import { giveKafkajsItsCodecs } from '../fixtures/kafkajs-codecs.ts'

const require = createRequire(import.meta.url)
/** The library's own, for comparison. */
const encodeRecord = require('kafkajs/src/protocol/recordBatch/record/v0') as (record: object) => {
  readonly buffer: Buffer
}
const encodeBatch = (
  require('kafkajs/src/protocol/recordBatch/v0') as {
    RecordBatch: (batch: object) => Promise<{ readonly buffer: Buffer }>
  }
).RecordBatch
const Decoder = require('kafkajs/src/protocol/decoder') as new (bytes: Buffer) => object
const decodeBatch = require('kafkajs/src/protocol/recordBatch/v0/decoder') as (decoder: object) => Promise<{
  readonly records: readonly {
    readonly key: Buffer | null
    readonly value: Buffer | null
    readonly timestamp: string
    readonly offset: string
    readonly headers: Readonly<Record<string, Buffer>>
  }[]
}>

const NOW = 1_700_000_000_000

const bytes = (maxLength: number) => fc.uint8Array({ maxLength }).map((given) => Buffer.from(given))
const text = (maxLength: number) => fc.string({ unit: 'grapheme', maxLength })
/** The library keeps headers in an object: it loses what that knows already, and has names that are numbers first. */
const headerName = text(40).filter((name) => !(name in {}) && !/^\d+$/.test(name))
const headers = fc.uniqueArray(fc.record({ name: headerName, value: fc.oneof(text(600), bytes(300)) }), {
  maxLength: 14,
  selector: ({ name }) => name,
})
const record: fc.Arbitrary<OutgoingRecord> = fc.record(
  {
    key: fc.option(fc.oneof(text(200), bytes(200))),
    value: fc.option(fc.oneof(bytes(9_000), fc.array(bytes(3_000), { maxLength: 4 }))),
    headers,
    timestamp: fc.integer({ min: 0, max: 4_000_000_000_000 }),
  },
  { requiredKeys: ['key', 'value', 'headers'] },
)
const records = fc.array(record, { minLength: 1, maxLength: 8 })

function asLibrary({ key, value, headers: list }: OutgoingRecord): object {
  return {
    key: key instanceof Uint8Array ? Buffer.from(key) : key,
    value: value === null ? null : Buffer.concat(partsOf(value)),
    headers: Object.fromEntries(list.map((header) => [header.name, header.value])),
  }
}

function written(given: readonly OutgoingRecord[], memory = 64): ReturnType<BatchWriter['finish']> {
  const writer = new BatchWriter(Buffer.alloc(memory))
  for (const each of given) expect(writer.add(each, NOW, Infinity)).toBe(true)
  return writer.finish()
}

const STAMP = { producerId: 4_711n, epoch: 3, sequence: 12, transactional: true, codec: 0 }

describe('a batch', () => {
  test('has the bytes that the library would give it (KIP-98)', async () => {
    await fc.assert(
      fc.asyncProperty(records, fc.integer({ min: 1, max: 40_000 }), async (given, memory) => {
        const timeless = given.map(({ key, value, headers: list }) => ({ key, value, headers: list }))
        const { records: encoded, ...plain } = written(timeless, memory)
        const batch = Buffer.alloc(BATCH_HEADER_BYTES + encoded.length)
        expect(writeBatch(batch, 0, plain, encoded, STAMP)).toBe(batch.length)
        const theirs = await encodeBatch({
          records: timeless.map((each, offsetDelta) => encodeRecord({ ...asLibrary(each), offsetDelta })),
          firstTimestamp: NOW,
          maxTimestamp: NOW,
          // Of brokers among each other; it says "unknown" here, and no checksum covers it.
          partitionLeaderEpoch: -1,
          lastOffsetDelta: given.length - 1,
          transactional: true,
          producerId: '4711',
          producerEpoch: 3,
          firstSequence: 12,
        })
        expect(batch.toString('hex')).toBe(theirs.buffer.toString('hex'))
      }),
    )
  })

  test('is read back as it was written, with the time of each record', async () => {
    await fc.assert(
      fc.asyncProperty(records, async (given) => {
        const { records: encoded, ...plain } = written(given)
        const batch = Buffer.alloc(BATCH_HEADER_BYTES + encoded.length)
        writeBatch(batch, 0, plain, encoded, STAMP)
        const read = await decodeBatch(new Decoder(batch))
        expect(read.records.map(({ offset }) => Number(offset))).toEqual(given.map((_, i) => i))
        expect(read.records.map(({ timestamp }) => Number(timestamp))).toEqual(
          given.map(({ timestamp = NOW }) => timestamp),
        )
        for (const [i, { key, value, headers: found }] of read.records.entries()) {
          const sent = given[i]!
          expect(key).toEqual(sent.key === null ? null : Buffer.from(sent.key))
          expect(value).toEqual(sent.value === null ? null : Buffer.concat(partsOf(sent.value)))
          expect(Object.entries(found)).toEqual(
            Object.entries(
              Object.fromEntries(sent.headers.map((each) => [each.name, Buffer.from(each.value)])),
            ),
          )
        }
        expect(plain.maxTimestamp).toBe(Math.max(...given.map(({ timestamp = NOW }) => timestamp)))
      }),
    )
  })

  test('takes memory of its own where what it was given is too small, whatever the size', () => {
    const given: OutgoingRecord = {
      key: 'ü',
      value: Buffer.alloc(300, 7),
      headers: [{ name: 'a', value: 'ä' }],
    }
    const whole = written([given, given], 4_096).records
    for (let memory = 0; memory < 800; memory += 1)
      expect(written([given, given], memory).records).toEqual(whole)
  })

  test('a key outside ASCII counts in bytes', () => {
    const size = (key: string): number => recordBytes({ key, value: null, headers: [] })
    expect(size('ü') - size('u')).toBe(1)
  })
})

describe('the batches of a send', () => {
  const appends = fc.array(fc.array(record, { minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 4 })

  async function roundsOf(
    given: readonly (readonly OutgoingRecord[])[],
    mostBytes: number,
    compression: 'none' | 'gzip' | 'zstd' = 'none',
    roundBytes = Infinity,
  ): Promise<readonly (readonly Batch[])[]> {
    const rounds = new BatchRounds(
      given.map((list, partition) => ({ topic: 't', partition, records: list })),
      { compression, batchBytes: () => mostBytes, roundBytes, pool: new MemoryPool(), now: () => NOW },
    )
    const all: (readonly Batch[])[] = []
    for (let round = await rounds.next(); round.length > 0; round = await rounds.next()) all.push(round)
    return all
  }

  test('have all records once and in order, one batch a partition in each round (R6)', async () => {
    await fc.assert(
      fc.asyncProperty(appends, fc.integer({ min: 1, max: 20_000 }), async (given, mostBytes) => {
        const rounds = await roundsOf(given, mostBytes)
        for (const round of rounds) {
          expect(new Set(round.map(({ append }) => append.partition)).size).toBe(round.length)
        }
        for (const [partition, list] of given.entries()) {
          const ours = rounds.flat().filter(({ append }) => append.partition === partition)
          expect(ours.flatMap(recordsOf)).toEqual(list)
        }
      }),
    )
  })

  test('of a round are together no longer than a round may be, but for the last one (R14)', async () => {
    const limits = fc.integer({ min: 1, max: 20_000 })
    await fc.assert(
      fc.asyncProperty(appends, limits, limits, async (given, mostBytes, roundBytes) => {
        const rounds = await roundsOf(given, mostBytes, 'none', roundBytes)
        for (const round of rounds) {
          const before = round.slice(0, -1).reduce((sum, { bytes: encoded }) => sum + encoded.length, 0)
          expect(before).toBeLessThan(roundBytes)
        }
        expect(rounds.flat().flatMap(recordsOf).length).toBe(given.flat().length)
      }),
    )
  })

  test('exceed the limit only with a single record, and none is empty', async () => {
    await fc.assert(
      fc.asyncProperty(appends, fc.integer({ min: 1, max: 20_000 }), async (given, mostBytes) => {
        for (const { bytes: encoded, count } of (await roundsOf(given, mostBytes)).flat()) {
          expect(count === 1 || (count > 1 && encoded.length <= mostBytes)).toBe(true)
        }
      }),
    )
  })

  test.each(['none', 'gzip', 'zstd'] as const)(
    'compressed with %s keep their bytes when the memory that they were encoded in is used again',
    async (compression) => {
      giveKafkajsItsCodecs()
      const lists = Array.from({ length: 30 }, (_, n): readonly OutgoingRecord[] => [
        { key: `k${n}`, value: Buffer.alloc(1_000, n), headers: [] },
      ])
      // A partition of three batches: its later ones are encoded when the memory of the first ones is free again.
      const rounds = await roundsOf([lists.flat().slice(0, 15), lists.flat().slice(15)], 5_300, compression)
      const codec = { none: 0, gzip: 1, zstd: 4 }[compression]
      const keys: string[] = []
      for (const batch of rounds.flat()) {
        const to = Buffer.alloc(BATCH_HEADER_BYTES + batch.bytes.length)
        writeBatch(to, 0, batch, batch.bytes, { ...STAMP, codec })
        const read = await decodeBatch(new Decoder(to))
        for (const { key, value } of read.records) {
          expect(value).toEqual(Buffer.alloc(1_000, Number(String(key).slice(1))))
          keys.push(String(key))
        }
      }
      expect(keys.toSorted()).toEqual(
        lists
          .flat()
          .map(({ key }) => String(key))
          .toSorted(),
      )
    },
  )
})
