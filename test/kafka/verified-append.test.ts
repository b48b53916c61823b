import { describe, expect, test } from 'vitest'

import { KafkaOffsetSeenBefore } from '../../src/kafka/errors.ts'
import { verifiedBaseOffset } from '../../src/kafka/verified-append.ts'

const reply = { topicName: 't', partition: 1, errorCode: 0, baseOffset: '42' }

describe("the broker's reply to a call", () => {
  test('names the offset of the first record', () => {
    expect(verifiedBaseOffset([reply], 't', 1, 41)).toBe(42)
    expect(verifiedBaseOffset([{ ...reply, baseOffset: '0' }], 't', 1, -1)).toBe(0)
  })

  test.each([
    ['nothing', []],
    ['more than one partition', [reply, { ...reply, partition: 2 }]],
    ['another partition', [{ ...reply, partition: 2 }]],
    ['another topic', [{ ...reply, topicName: 'u' }]],
    ['an error', [{ ...reply, errorCode: 3 }]],
    ['no offset', [{ topicName: 't', partition: 1, errorCode: 0 }]],
    ['the offset of "unknown"', [{ ...reply, baseOffset: '-1' }]],
    ['a negative offset', [{ ...reply, baseOffset: '-3' }]],
  ])('%s is no proof: the transaction is repeated with a new producer (R1)', (_, replies) => {
    expect(() => verifiedBaseOffset(replies, 't', 1, 41)).toThrow(
      expect.objectContaining({ code: 'KAFKA_APPEND_UNVERIFIED', retryable: true }),
    )
  })

  test('an offset that was seen before is no proof, and is told apart: the topic may have been made anew (R1, R2)', () => {
    for (const baseOffset of ['41', '0']) {
      const read = (): number => verifiedBaseOffset([{ ...reply, baseOffset }], 't', 1, 41)
      expect(read).toThrow(KafkaOffsetSeenBefore)
      expect(read).toThrow(
        expect.objectContaining({
          code: 'KAFKA_APPEND_UNVERIFIED',
          retryable: true,
          baseOffset: Number(baseOffset),
        }),
      )
    }
  })
})
