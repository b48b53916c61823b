import { createRequire } from 'node:module'

import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { encodeRecord, installRecordEncoder, type RecordFields } from '../../src/kafka/record-encoder.ts'

type EncodeRecord = (record: RecordFields) => { readonly buffer: Buffer }

const require = createRequire(import.meta.url)
const PRODUCE = 'kafkajs/src/protocol/requests/produce/v3/request'
const RECORD = 'kafkajs/src/protocol/recordBatch/record/v0'
// As in a process that has just started: tests of other files may have loaded the library, and put ours into it.
for (const file of Object.keys(require.cache)) if (file.includes('/kafkajs/')) delete require.cache[file]
/** As the library was published. */
const published = require(RECORD) as EncodeRecord

const bytes = (maxLength: number) => fc.uint8Array({ maxLength }).map((given) => Buffer.from(given))
const text = (maxLength: number) => fc.string({ unit: 'grapheme', maxLength })
const value = (maxLength: number) => fc.option(fc.oneof(text(maxLength), bytes(maxLength)))
const record = fc.record(
  {
    offsetDelta: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
    timestampDelta: fc.integer({ min: -(2 ** 45), max: 2 ** 45 }),
    key: value(200),
    value: value(9_000),
    headers: fc.dictionary(text(40), fc.oneof(text(600), bytes(300), fc.array(text(20))), { maxKeys: 14 }),
  },
  { requiredKeys: ['key', 'value'] },
)

describe('a record', () => {
  test('has the bytes that the library would give it', () => {
    fc.assert(
      fc.property(record, (given) => {
        expect(encodeRecord(given).buffer.toString('hex')).toBe(published(given).buffer.toString('hex'))
      }),
    )
  })

  test('is encoded by ours: a client is made before kafkajs loads the request that would hold on to its own', () => {
    expect(require('kafkajs')).toHaveProperty('Kafka')
    expect(require.cache[require.resolve(PRODUCE)]).toBeUndefined()
    installRecordEncoder()
    require(PRODUCE)
    expect(require.cache[require.resolve(PRODUCE)]?.children.map(({ exports }) => exports)).not.toContain(
      published,
    )
    expect(require(RECORD)).toBe(encodeRecord)
  })
})
