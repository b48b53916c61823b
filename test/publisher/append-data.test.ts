import { describe, expect, test } from 'vitest'

import { KafkaError, KafkaOffsetSeenBefore } from '../../src/kafka/errors.ts'
import type { Appended, Transaction } from '../../src/kafka/transaction.ts'
import { appendData } from '../../src/publisher/append-data.ts'

const NEVER = new AbortController().signal
const RECORD = { key: 'k', value: Buffer.from('v'), headers: {} }
const RECORDS = new Map([0, 1, 2].map((partition) => [partition, [RECORD]]))
const LISTINGS = { topic: 'spark.listings', nextOffsets: [5, 0, 7], byPartition: RECORDS }
const unreachable = new KafkaError('no answer', { code: 'KAFKA_UNREACHABLE' })

/** What each partition answers, the first one first. */
function answering(...answers: readonly (number | Error)[]): Pick<Transaction, 'send'> {
  const before: Promise<unknown>[] = []
  return {
    send: async (_, partition): Promise<Appended> => {
      const turn = Promise.withResolvers<void>()
      before[partition] = turn.promise
      await (partition === 0 ? Promise.resolve() : before[partition - 1])
      turn.resolve()
      const answer = answers[partition] ?? 0
      if (typeof answer !== 'number') throw answer
      return { offsets: [answer], baseOffset: answer, nextOffset: answer + 1 }
    },
  }
}

const seenBefore = (partition: number): Error => new KafkaOffsetSeenBefore(LISTINGS.topic, partition, 0, 3)
const append = (...answers: readonly (number | Error)[]) =>
  appendData(answering(...answers), LISTINGS, NEVER, () => undefined)

describe('the records of a transaction in the data topic', () => {
  test('are where the topic ended, or above', async () => {
    expect(await append(5, 0, 9)).toEqual(
      new Map([
        [0, [5]],
        [1, [0]],
        [2, [9]],
      ]),
    )
  })

  test.each([
    ['an offset below the end', [5, 0, 6], 2],
    ['an offset that the producer has seen before', [5, 0, seenBefore(2)], 2],
    ['an offset below the end, told after another partition failed', [unreachable, 0, 6], 2],
    ['an offset seen before, told before another partition fails', [seenBefore(0), unreachable, 7], 0],
  ] as const)('%s says that the topic was made anew (R2)', async (_, answers, partition) => {
    await expect(append(...answers)).rejects.toMatchObject({ code: 'TOPIC_TRUNCATED', partition })
  })

  test('fail with the first failure where no offset says that', async () => {
    await expect(append(5, unreachable, new Error('later'))).rejects.toBe(unreachable)
    const above = new KafkaOffsetSeenBefore(LISTINGS.topic, 0, 6, 6)
    await expect(append(above, 0, 7)).rejects.toBe(above)
  })
})
