import { describe, expect, test } from 'vitest'

import { KafkaOffsetSeenBefore } from '../../src/kafka/errors.ts'
import { verifiedBaseOffset } from '../../src/kafka/verified-append.ts'

const answer = { topic: 't', partition: 1, errorCode: 0, baseOffset: 42 }
const place = { topic: 't', partition: 1, lastOffset: 41 }

describe("the broker's answer to a batch", () => {
  test('names the offset of the first record', () => {
    expect(verifiedBaseOffset([answer], place)).toBe(42)
    expect(verifiedBaseOffset([{ ...answer, baseOffset: 0 }], { ...place, lastOffset: -1 })).toBe(0)
  })

  test.each([
    ['nothing', []],
    ['the partition twice', [answer, answer]],
    ['another partition', [{ ...answer, partition: 2 }]],
    ['another topic', [{ ...answer, topic: 'u' }]],
    ['an error', [{ ...answer, errorCode: 3 }]],
    ['the offset of "unknown"', [{ ...answer, baseOffset: -1 }]],
    ['a negative offset', [{ ...answer, baseOffset: -3 }]],
    ['an offset that a number cannot hold', [{ ...answer, baseOffset: 2 ** 60 }]],
  ])('%s is no proof: the transaction is repeated with a new producer (R1)', (_, answers) => {
    expect(() => verifiedBaseOffset(answers, place)).toThrow(
      expect.objectContaining({ code: 'KAFKA_APPEND_UNVERIFIED', retryable: true }),
    )
  })

  test('an offset that was seen before is no proof, and is told apart: the topic may have been made anew (R1, R2)', () => {
    for (const baseOffset of [41, 0]) {
      const read = (): number => verifiedBaseOffset([{ ...answer, baseOffset }], place)
      expect(read).toThrow(KafkaOffsetSeenBefore)
      expect(read).toThrow(
        expect.objectContaining({ code: 'KAFKA_APPEND_UNVERIFIED', retryable: true, baseOffset }),
      )
    }
  })
})
