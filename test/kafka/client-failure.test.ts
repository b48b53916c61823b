import kafkajs from 'kafkajs'
import { describe, expect, test } from 'vitest'

import { KafkaEpochError, KafkaError } from '../../src/kafka/errors.ts'
import { kafkaError } from '../../src/kafka/client-failure.ts'

function protocolError(type: string, retriable = false): Error {
  return new kafkajs.KafkaJSProtocolError({
    name: '',
    message: 'words',
    type,
    code: 1,
    retriable,
  } as unknown as Error)
}

function wrapped(cause: Error): Error {
  // The types leave out the second argument.
  return Object.assign(new kafkajs.KafkaJSNonRetriableError('outer words'), { cause })
}

function saslRefusal(): Error {
  // The types have no arguments; the library gives a message, and cannot do without.
  const construct: new (message: string) => Error = kafkajs.KafkaJSSASLAuthenticationError
  return new construct('no')
}

describe('what a failure of the client means', () => {
  test.each([
    ['INVALID_PRODUCER_EPOCH', 'KAFKA_EPOCH', false],
    ['INVALID_PRODUCER_ID_MAPPING', 'KAFKA_EPOCH', false],
    ['INVALID_TXN_STATE', 'KAFKA_EPOCH', false],
    ['MESSAGE_TOO_LARGE', 'KAFKA_RECORD_TOO_LARGE', false],
    ['RECORD_LIST_TOO_LARGE', 'KAFKA_RECORD_TOO_LARGE', false],
    ['UNKNOWN_TOPIC_OR_PARTITION', 'KAFKA_TOPIC_MISSING', false],
    ['OUT_OF_ORDER_SEQUENCE_NUMBER', 'KAFKA_APPEND_UNVERIFIED', true],
    ['SASL_AUTHENTICATION_FAILED', 'KAFKA_UNAUTHORIZED', false],
    ['TOPIC_AUTHORIZATION_FAILED', 'KAFKA_UNAUTHORIZED', false],
    ['INVALID_CONFIG', 'KAFKA_REJECTED', false],
  ])('%s is %s, also as the cause of another error', (type, code, retryable) => {
    for (const error of [
      protocolError(type),
      wrapped(protocolError(type)),
      wrapped(wrapped(protocolError(type))),
    ]) {
      expect(kafkaError(error, 'Doing it')).toMatchObject({ code, retryable })
    }
  })

  test.each([
    ['a refusal', protocolError('INVALID_CONFIG'), 'INVALID_CONFIG'],
    ['a cluster that is not ready', protocolError('KAFKA_STORAGE_ERROR', true), 'KAFKA_STORAGE_ERROR'],
    [
      'a refused connection',
      wrapped(new kafkajs.KafkaJSConnectionError('connect ECONNREFUSED')),
      'ECONNREFUSED',
    ],
    [
      'a failure that nobody foresaw',
      wrapped(new TypeError('no such\u001B[31m thing')),
      String.raw`TypeError: "no such\u001b[31m thing"`,
    ],
  ])('the message of %s shows the cause, without escapes', (_, error, cause) => {
    const { message } = kafkaError(error, 'Doing it')
    expect(message).toContain(cause)
    expect(message).not.toMatch(/\p{C}/u)
  })

  test.each([
    ['NOT_ENOUGH_REPLICAS', 'KAFKA_NOT_ENOUGH_REPLICAS', 'min.insync.replicas'],
    ['NOT_ENOUGH_REPLICAS_AFTER_APPEND', 'KAFKA_NOT_ENOUGH_REPLICAS', 'min.insync.replicas'],
    ['GROUP_COORDINATOR_NOT_AVAILABLE', 'KAFKA_UNREACHABLE', 'transaction.state.log.replication.factor'],
    ['INVALID_TRANSACTION_TIMEOUT', 'KAFKA_TRANSACTION_TIMEOUT_REFUSED', 'transaction.max.timeout.ms'],
    ['INVALID_TIMESTAMP', 'KAFKA_TIMESTAMP_REFUSED', 'message.timestamp.before.max.ms'],
    ['INVALID_REPLICATION_FACTOR', 'KAFKA_REJECTED', 'KAFKA_REPLICATION_FACTOR'],
    ['UNSUPPORTED_COMPRESSION_TYPE', 'KAFKA_REJECTED', 'KAFKA_COMPRESSION'],
    ['POLICY_VIOLATION', 'KAFKA_REJECTED', 'TOPICS_CREATE'],
  ])('%s names the setting to look at', (type, code, setting) => {
    const error = kafkaError(wrapped(protocolError(type, true)), 'Doing it')
    expect(error).toMatchObject({ code, message: expect.stringContaining(setting) })
  })

  test('an epoch error has a class of its own (R3)', () => {
    expect(kafkaError(protocolError('INVALID_PRODUCER_EPOCH'), 'Sending')).toBeInstanceOf(KafkaEpochError)
  })

  test.each([
    ['a refused connection', new kafkajs.KafkaJSConnectionError('no')],
    ['a refused connection inside another error', wrapped(new kafkajs.KafkaJSConnectionError('no'))],
    ['a request without an answer', new kafkajs.KafkaJSRequestTimeoutError('late')],
    ['a leader that is missing after all retries', protocolError('LEADER_NOT_AVAILABLE', true)],
  ])('%s may be retried later', (_, error) => {
    expect(kafkaError(error, 'Doing it')).toMatchObject({ code: 'KAFKA_UNREACHABLE', retryable: true })
  })

  test('refused credentials name their settings', () => {
    const error = kafkaError(saslRefusal(), 'Connecting')
    expect(error).toMatchObject({ code: 'KAFKA_UNAUTHORIZED', retryable: false })
    expect(error.message).toContain('KAFKA_SASL_MECHANISM')
  })

  test('one refusal among several parts is found', () => {
    const parts = [protocolError('TOPIC_ALREADY_EXISTS'), protocolError('CLUSTER_AUTHORIZATION_FAILED')]
    const error = new kafkajs.KafkaJSAggregateError('parts', parts)
    expect(kafkaError(error, 'Creating')).toMatchObject({ code: 'KAFKA_UNAUTHORIZED' })
  })

  test('what the client does not name is not retried', () => {
    expect(kafkaError(new TypeError('oops'), 'Doing it')).toMatchObject({
      code: 'KAFKA_FAILED',
      retryable: false,
    })
  })

  test('an error of ours passes as it is', () => {
    const error = new KafkaError('ours', { code: 'KAFKA_READ_STALLED' })
    expect(kafkaError(error, 'Doing it')).toBe(error)
  })
})
