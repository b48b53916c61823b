import * as fc from 'fast-check'
import kafkajs from 'kafkajs'
import { describe, expect, test } from 'vitest'

import { murmur2, partitionFor } from '../../src/kafka/partition.ts'

describe('the partition of a key', () => {
  // Apache Kafka, clients/src/test/java/org/apache/kafka/common/utils/UtilsTest.java
  test.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ])("murmur2 of %j is Java's", (text, hash) => {
    expect(murmur2(Buffer.from(text))).toBe(hash)
  })

  test("every key goes where another client's default partitioner puts it (R6)", () => {
    const theirs = kafkajs.Partitioners.DefaultPartitioner()
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 64 }),
        fc.integer({ min: 1, max: 50 }),
        (bytes, count) => {
          const key = Buffer.from(bytes)
          const partitionMetadata = Array.from({ length: count }, (_, partitionId) => ({
            partitionErrorCode: 0,
            partitionId,
            leader: 1,
            replicas: [1],
            isr: [1],
          }))
          expect(partitionFor(key, count)).toBe(
            theirs({ topic: 't', partitionMetadata, message: { key, value: null } }),
          )
        },
      ),
    )
  })

  test('text and its UTF-8 bytes are one key', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (key) => {
        expect(partitionFor(key, 97)).toBe(partitionFor(Buffer.from(key), 97))
      }),
    )
  })
})
