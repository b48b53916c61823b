import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { chunksOf, recordBytes } from '../../src/kafka/chunks.ts'

const record = fc.record({
  key: fc.option(fc.string({ maxLength: 10 })),
  value: fc.option(fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes))),
  headers: fc.dictionary(fc.string({ maxLength: 5 }), fc.string({ maxLength: 20 }), { maxKeys: 3 }),
})

describe('the records of a call', () => {
  test('all records go out once and in order, however they are cut', () => {
    fc.assert(
      fc.property(fc.array(record), fc.integer({ min: 1, max: 1_000 }), (records, maxBytes) => {
        expect([...chunksOf(records, maxBytes)].flat()).toEqual(records)
      }),
    )
  })

  test('no call exceeds the limit unless it is a single record, and none is empty', () => {
    fc.assert(
      fc.property(fc.array(record), fc.integer({ min: 1, max: 1_000 }), (records, maxBytes) => {
        for (const chunk of chunksOf(records, maxBytes)) {
          const bytes = chunk.reduce((sum, each) => sum + recordBytes(each), 0)
          expect(chunk.length === 1 || (chunk.length > 1 && bytes <= maxBytes)).toBe(true)
        }
      }),
    )
  })

  test('a key outside ASCII counts in bytes', () => {
    const bytes = (key: string): number => recordBytes({ key, value: null, headers: {} })
    expect(bytes('ü') - bytes('u')).toBe(1)
  })
})
