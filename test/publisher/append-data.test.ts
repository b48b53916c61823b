import { describe, expect, test } from 'vitest'

import { KafkaError, KafkaOffsetSeenBefore } from '../../src/kafka/errors.ts'
import type { Append, Transaction } from '../../src/kafka/transaction.ts'
import { appendData } from '../../src/publisher/append-data.ts'

const NEVER = new AbortController().signal
const RECORD = { key: 'k', value: Buffer.from('v'), headers: [] }
const LISTINGS = {
  topic: 'spark.listings',
  nextOffsets: [5, 0, 7],
  byPartition: new Map([0, 1, 2].map((partition) => [partition, [RECORD]])),
}
const ROWS = { topic: 'spark.listing-rows', nextOffsets: [], byPartition: new Map([[3, [RECORD, RECORD]]]) }

/** Remembers what was sent. */
class Answering implements Pick<Transaction, 'send'> {
  readonly sent: (readonly Append[])[] = []
  readonly #answer: readonly (readonly number[])[] | Error

  /** @param answer offsets of each append, or what the send fails with */
  constructor(answer: readonly (readonly number[])[] | Error) {
    this.#answer = answer
  }

  async send(appends: readonly Append[]) {
    this.sent.push(appends)
    if (this.#answer instanceof Error) throw this.#answer
    return this.#answer.map((offsets) => ({
      offsets,
      baseOffset: offsets[0]!,
      nextOffset: offsets.at(-1)! + 1,
    }))
  }
}

const append = (transaction: Answering) => appendData(transaction, [LISTINGS, ROWS], NEVER)

describe('the records of a transaction', () => {
  test('go to all partitions of all topics in one send, each with the end that no record may lie below (R2)', async () => {
    const transaction = new Answering([[5], [0], [9], [0, 1]])
    expect(await append(transaction)).toEqual([
      new Map([
        [0, [5]],
        [1, [0]],
        [2, [9]],
      ]),
      new Map([[3, [0, 1]]]),
    ])
    expect(
      transaction.sent.map((appends) => appends.map(({ topic, partition, end }) => [topic, partition, end])),
    ).toEqual([
      [
        [LISTINGS.topic, 0, 5],
        [LISTINGS.topic, 1, 0],
        [LISTINGS.topic, 2, 7],
        [ROWS.topic, 3, 0],
      ],
    ])
  })

  test('that are none are not sent', async () => {
    const transaction = new Answering([])
    const none = { ...LISTINGS, byPartition: new Map() }
    expect(await appendData(transaction, [none], NEVER)).toEqual([new Map()])
    expect(transaction.sent).toEqual([])
  })

  test('below where their partition ended say that the topic was made anew (R2)', async () => {
    const below = new Answering(new KafkaOffsetSeenBefore(LISTINGS.topic, 2, 6, 6))
    await expect(append(below)).rejects.toMatchObject({ code: 'TOPIC_TRUNCATED', partition: 2 })
  })

  test('fail with the failure of the send where no offset says that', async () => {
    const unreachable = new KafkaError('no answer', { code: 'KAFKA_UNREACHABLE' })
    await expect(append(new Answering(unreachable))).rejects.toBe(unreachable)
    const above = new KafkaOffsetSeenBefore(LISTINGS.topic, 0, 6, 6)
    await expect(append(new Answering(above))).rejects.toBe(above)
  })

  test('each have an offset, or the transaction is not committed (R1)', async () => {
    await expect(append(new Answering([[5], [0], [9], [0]]))).rejects.toMatchObject({
      code: 'INVARIANT_VIOLATION',
    })
  })
})
