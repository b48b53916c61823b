import { createRequire } from 'node:module'

import * as fc from 'fast-check'
import kafkajs from 'kafkajs'
import { describe, expect, test } from 'vitest'

import type { FetchedPartition } from '../../src/kafka/cursor.ts'
import { fetchRequest, FETCH_VERSIONS, type FetchPlace } from '../../src/kafka/fetch-request.ts'

const require = createRequire(import.meta.url)

type ForeignProtocol = (request: object) => {
  readonly request: {
    readonly apiKey: number
    readonly apiVersion: number
    encode(): Promise<{ buffer: Buffer }>
  }
  readonly response: { decode(payload: Buffer): Promise<object>; parse(decoded: object): Promise<object> }
}

/** kafkajs's own, of which every version is used by consumers everywhere. */
function kafkajsFetch(version: number): ForeignProtocol {
  const requests = require('kafkajs/src/protocol/requests/fetch') as {
    protocol(of: { readonly version: number }): ForeignProtocol
  }
  return requests.protocol({ version })
}

const versions = fc.integer({ min: FETCH_VERSIONS.least, max: FETCH_VERSIONS.most })
const places: fc.Arbitrary<readonly FetchPlace[]> = fc.array(
  fc.record({
    topic: fc.constantFrom('spark.listings', 'spark.accounts', 'ü'),
    partition: fc.nat({ max: 100 }),
    position: fc.nat({ max: 2 ** 48 }),
    maxBytes: fc.nat({ max: 2 ** 30 }),
  }),
  { maxLength: 5 },
)

const answers: fc.Arbitrary<readonly FetchedPartition[]> = fc.array(
  fc.record({
    topic: fc.constantFrom('spark.listings', 'ü'),
    partition: fc.nat({ max: 100 }),
    lastStableOffset: fc.nat({ max: 2 ** 48 }),
    aborted: fc.array(
      fc.record({
        producerId: fc.bigInt({ min: 0n, max: 2n ** 62n }),
        firstOffset: fc.nat({ max: 2 ** 48 }),
      }),
      { maxLength: 3 },
    ),
    batches: fc.uint8Array({ maxLength: 16 }).map((bytes) => Buffer.from(bytes)),
  }),
  { maxLength: 4 },
)

function int(bits: 16 | 32 | 64, value: number | bigint): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64BE(BigInt(value))
  return bytes.subarray(8 - bits / 8)
}

function answerBytes(version: number, parts: readonly FetchedPartition[], errorCode = 0): Buffer {
  return Buffer.concat([
    int(32, 1_234),
    ...(version >= 7 ? [int(16, 0), int(32, 0)] : []),
    int(32, parts.length),
    ...parts.flatMap(({ topic, partition, lastStableOffset, aborted, batches }) => [
      int(16, Buffer.byteLength(topic)),
      Buffer.from(topic),
      int(32, 1),
      int(32, partition),
      int(16, errorCode),
      int(64, lastStableOffset + 7),
      int(64, lastStableOffset),
      ...(version >= 5 ? [int(64, 0)] : []),
      // A list that is null, as brokers send it, too.
      int(32, aborted.length === 0 ? -1 : aborted.length),
      ...aborted.flatMap(({ producerId, firstOffset }) => [int(64, producerId), int(64, firstOffset)]),
      ...(version >= 11 ? [int(32, -1)] : []),
      int(32, batches.length),
      batches,
    ]),
  ])
}

describe('a Fetch request', () => {
  test('is, byte for byte, the one that kafkajs makes in that version', async () => {
    await fc.assert(
      fc.asyncProperty(versions, places, fc.nat({ max: 10_000 }), async (version, wanted, maxWaitMs) => {
        const theirs = kafkajsFetch(version)({
          replicaId: -1,
          isolationLevel: 1,
          maxWaitTime: maxWaitMs,
          minBytes: 1,
          maxBytes: 8_000_000,
          topics: wanted.map(({ topic, partition, position, maxBytes }) => ({
            topic,
            partitions: [{ partition, fetchOffset: String(position), maxBytes }],
          })),
        })
        const { request } = fetchRequest(version, wanted, { maxWaitMs, maxBytes: 8_000_000 })
        expect((await request.encode()).buffer).toEqual((await theirs.request.encode()).buffer)
        expect([request.apiKey, request.apiVersion]).toEqual([
          theirs.request.apiKey,
          theirs.request.apiVersion,
        ])
      }),
    )
  })
})

describe('the answer', () => {
  const limits = { maxWaitMs: 50, maxBytes: 8_000_000 }

  test('is read in every version, its batches as they came', async () => {
    await fc.assert(
      fc.asyncProperty(versions, answers, async (version, parts) => {
        const { response } = fetchRequest(version, [], limits)
        const decoded = await response.decode(answerBytes(version, parts))
        expect(await response.parse(decoded)).toEqual(parts)
        // KIP-219: from version 8 on the client has to wait itself.
        expect(decoded.clientSideThrottleTime).toBe(version >= 8 ? 1_234 : 0)
        const theirs = await kafkajsFetch(version)({}).response.decode(
          answerBytes(version, parts.map(withoutBatches)),
        )
        expect(theirs).toMatchObject({
          responses: parts.map(({ topic, partition, lastStableOffset, aborted }) => ({
            topicName: topic,
            partitions: [
              {
                partition,
                lastStableOffset: String(lastStableOffset),
                abortedTransactions: aborted.map(({ producerId, firstOffset }) => ({
                  producerId: String(producerId),
                  firstOffset: String(firstOffset),
                })),
              },
            ],
          })),
        })
      }),
    )
  })

  const part = { topic: 't', partition: 4, lastStableOffset: 9, aborted: [], batches: Buffer.alloc(0) }

  test.each([
    [1, 'KafkaJSOffsetOutOfRange', { topic: 't', partition: 4, type: 'OFFSET_OUT_OF_RANGE' }],
    [3, 'KafkaJSProtocolError', { type: 'UNKNOWN_TOPIC_OR_PARTITION' }],
    [6, 'KafkaJSProtocolError', { type: 'NOT_LEADER_FOR_PARTITION', retriable: true }],
    [29, 'KafkaJSProtocolError', { type: 'TOPIC_AUTHORIZATION_FAILED' }],
  ])('with error %i of a partition is that error, as kafkajs has it', async (code, name, facts) => {
    const { response } = fetchRequest(11, [], limits)
    const error: unknown = await response
      .decode(answerBytes(11, [part], code))
      .catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(kafkajs.KafkaJSProtocolError)
    expect(error).toMatchObject({ name, ...facts })
  })

  test('that is cut is an error, wherever', async () => {
    const { response } = fetchRequest(11, [], limits)
    const whole = answerBytes(11, [{ ...part, batches: Buffer.alloc(20) }])
    for (let length = 0; length < whole.length; length += 1) {
      await expect(response.decode(whole.subarray(0, length)), `cut at ${length}`).rejects.toThrow(RangeError)
    }
  })
})

function withoutBatches(part: FetchedPartition): FetchedPartition {
  return { ...part, batches: Buffer.alloc(0) }
}
