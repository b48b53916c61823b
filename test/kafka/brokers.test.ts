import kafkajs from 'kafkajs'
import { createErrorFromCode } from 'kafkajs/src/protocol/error.js'
import { describe, expect, test } from 'vitest'

import { isRefusal, mayPass, pauseAfter, versionOf } from '../../src/kafka/brokers.ts'
import { KafkaError } from '../../src/kafka/errors.ts'

const NOT_LEADER = createErrorFromCode(6)
const CONCURRENT_TRANSACTIONS = createErrorFromCode(51)
const OUT_OF_ORDER_SEQUENCE = createErrorFromCode(45)
const TOO_LARGE = createErrorFromCode(10)

describe('a request that failed', () => {
  test.each([
    ['the leader moved', NOT_LEADER],
    ['a marker is awaited', CONCURRENT_TRANSACTIONS],
    ['the connection was closed', new kafkajs.KafkaJSError('Closed connection')],
    ['of no class, as where a broker never said what it speaks', new Error('Broker not connected')],
  ])('is made again: %s', (_, error) => {
    expect(mayPass(error)).toBe(true)
  })

  test.each([
    ['the batch is too large', TOO_LARGE],
    ['the sequence is another one (R1)', OUT_OF_ORDER_SEQUENCE],
    ['the client was closed', Object.assign(new Error('closed'), { retriable: false })],
    ['the answer cannot be read', new RangeError('out of range')],
    ['of this program', new KafkaError('gone', { code: 'KAFKA_TOPIC_MISSING' })],
  ])('is not made again: %s', (_, error) => {
    expect(mayPass(error)).toBe(false)
  })

  test('tells that nothing was done only where the broker says so (R3)', () => {
    expect(isRefusal(CONCURRENT_TRANSACTIONS)).toBe(true)
    expect(isRefusal(new kafkajs.KafkaJSError('Closed connection'))).toBe(false)
  })
})

describe('the pause before the next try', () => {
  const pauses = (error: unknown, count: number) =>
    Array.from({ length: count }, (_, i) => pauseAfter(error, i + 1))

  test('doubles up to a second', () => {
    expect(pauses(NOT_LEADER, 10)).toEqual([5, 10, 20, 40, 80, 160, 320, 640, 1_000, 1_000])
  })

  test('is short for the marker of another transaction, however long that takes (R3)', () => {
    const all = pauses(CONCURRENT_TRANSACTIONS, 60)
    expect(all.slice(0, 20)).toEqual(Array.from({ length: 20 }, () => 5))
    expect(Math.max(...all)).toBe(100)
  })
})

test.each([
  ['the highest that both know', { minVersion: 0, maxVersion: 12 }, 7],
  ['an older one of an older broker', { minVersion: 0, maxVersion: 5 }, 5],
  ['none of a broker that is too old', { minVersion: 0, maxVersion: 2 }, undefined],
  ['none of a broker that is too new', { minVersion: 8, maxVersion: 12 }, undefined],
  ['none of a broker that does not know it', undefined, undefined],
])('the version of a request is %s', (_, theirs, expected) => {
  const connectionPool = { host: 'b', port: 1, send: () => Promise.reject(new Error('unused')) }
  const unused = () => Promise.reject(new Error('unused'))
  const broker = {
    nodeId: 1,
    versions: { 0: theirs },
    connectionPool,
    disconnect: unused,
    initProducerId: unused,
    endTxn: unused,
  }
  expect(versionOf(broker, 0, { least: 3, most: 7 })).toBe(expected)
})
