/** What a failure of the client library means, and what to do about it. */
import kafkajs from 'kafkajs'

import { ListingstreamError } from '../support/errors.ts'
import { quoteForeign } from '../support/secrets.ts'
import {
  KafkaEpochError,
  KafkaError,
  KafkaUnauthorizedError,
  KafkaUnnamedError,
  type KafkaErrorCode,
} from './errors.ts'

interface Verdict {
  readonly code: KafkaErrorCode
  /** What to do about it. */
  readonly advice: string
}

const UNREACHABLE: Verdict = {
  code: 'KAFKA_UNREACHABLE',
  advice:
    'the cluster does not answer. Check that it is up and that KAFKA_BROKERS (and KAFKA_SSL) are right.',
}
const UNAUTHENTICATED: Verdict = {
  code: 'KAFKA_UNAUTHORIZED',
  advice:
    'the broker refused the credentials. Check KAFKA_SASL_MECHANISM and the settings that belong to it (README.md).',
}
const FORBIDDEN: Verdict = {
  code: 'KAFKA_UNAUTHORIZED',
  advice:
    'the user that KAFKA_SASL_MECHANISM logs in lacks a right. Grant it in the cluster (docs/operations.md, "Rights in Kafka").',
}
const TOO_LARGE: Verdict = {
  code: 'KAFKA_RECORD_TOO_LARGE',
  advice: 'a record exceeds what the topic takes. Raise max.message.bytes of the topic.',
}
const TOPIC_MISSING: Verdict = {
  code: 'KAFKA_TOPIC_MISSING',
  advice: 'the topic or partition does not exist. Create it, or set TOPICS_CREATE=true and start again.',
}
const EPOCH: Verdict = {
  code: 'KAFKA_EPOCH',
  advice: 'the producer was fenced by another one, or its transaction timed out.',
}
const SEQUENCE: Verdict = {
  code: 'KAFKA_APPEND_UNVERIFIED',
  advice:
    'the broker lost track of the sequence of records. The transaction is repeated with a new producer.',
}

const NO_COORDINATOR: Verdict = {
  code: 'KAFKA_UNREACHABLE',
  advice:
    'the cluster has no coordinator for it. It may be starting; with fewer brokers than transaction.state.log.replication.factor or, for groups, offsets.topic.replication.factor (3 unless set) it never has one.',
}
const NOT_ENOUGH_REPLICAS: Verdict = {
  code: 'KAFKA_NOT_ENOUGH_REPLICAS',
  advice:
    'the cluster answers, but fewer replicas are in sync than min.insync.replicas of the topic demands. Bring the missing brokers back, or lower that setting.',
}
const TRANSACTION_TIMEOUT: Verdict = {
  code: 'KAFKA_TRANSACTION_TIMEOUT_REFUSED',
  advice:
    "KAFKA_TRANSACTION_TIMEOUT is above the brokers' transaction.max.timeout.ms. Lower it, or raise that.",
}
const TIMESTAMP: Verdict = {
  code: 'KAFKA_TIMESTAMP_REFUSED',
  advice:
    "the records' time is further from the broker's clock than message.timestamp.before.max.ms or message.timestamp.after.max.ms of the topic allows. Set this machine's clock, or that setting.",
}
const REPLICATION_FACTOR: Verdict = {
  code: 'KAFKA_REJECTED',
  advice: 'the cluster has fewer brokers than KAFKA_REPLICATION_FACTOR asks for. Lower it.',
}
const COMPRESSION: Verdict = {
  code: 'KAFKA_REJECTED',
  advice: 'the broker does not take the codec of KAFKA_COMPRESSION. Set gzip or none.',
}
const POLICY: Verdict = {
  code: 'KAFKA_REJECTED',
  advice:
    'a policy of the cluster forbids it. Create the topics as the policy wants them (docs/operations.md) and set TOPICS_CREATE=false.',
}

/** By `type` of kafkajs's protocol errors, which are the names of the Kafka protocol. */
const VERDICTS: ReadonlyMap<string, Verdict> = new Map([
  ['SASL_AUTHENTICATION_FAILED', UNAUTHENTICATED],
  ['UNSUPPORTED_SASL_MECHANISM', UNAUTHENTICATED],
  ['ILLEGAL_SASL_STATE', UNAUTHENTICATED],
  ['TOPIC_AUTHORIZATION_FAILED', FORBIDDEN],
  ['GROUP_AUTHORIZATION_FAILED', FORBIDDEN],
  ['CLUSTER_AUTHORIZATION_FAILED', FORBIDDEN],
  ['TRANSACTIONAL_ID_AUTHORIZATION_FAILED', FORBIDDEN],
  ['MESSAGE_TOO_LARGE', TOO_LARGE],
  ['RECORD_LIST_TOO_LARGE', TOO_LARGE],
  ['UNKNOWN_TOPIC_OR_PARTITION', TOPIC_MISSING],
  ['GROUP_COORDINATOR_NOT_AVAILABLE', NO_COORDINATOR],
  ['NOT_ENOUGH_REPLICAS', NOT_ENOUGH_REPLICAS],
  ['NOT_ENOUGH_REPLICAS_AFTER_APPEND', NOT_ENOUGH_REPLICAS],
  ['INVALID_TRANSACTION_TIMEOUT', TRANSACTION_TIMEOUT],
  ['INVALID_TIMESTAMP', TIMESTAMP],
  ['INVALID_REPLICATION_FACTOR', REPLICATION_FACTOR],
  ['UNSUPPORTED_COMPRESSION_TYPE', COMPRESSION],
  ['POLICY_VIOLATION', POLICY],
  ['INVALID_PRODUCER_EPOCH', EPOCH],
  ['PRODUCER_FENCED', EPOCH],
  ['INVALID_PRODUCER_ID_MAPPING', EPOCH],
  ['INVALID_TXN_STATE', EPOCH],
  ['OUT_OF_ORDER_SEQUENCE_NUMBER', SEQUENCE],
  ['DUPLICATE_SEQUENCE_NUMBER', SEQUENCE],
  ['UNKNOWN_PRODUCER_ID', SEQUENCE],
])

type KafkaErrorClass = new (message: string, cause: unknown) => KafkaError

/** Of the codes that somebody knows by their class. */
const CLASSES: ReadonlyMap<KafkaErrorCode, KafkaErrorClass> = new Map<KafkaErrorCode, KafkaErrorClass>([
  ['KAFKA_EPOCH', KafkaEpochError],
  ['KAFKA_UNAUTHORIZED', KafkaUnauthorizedError],
  ['KAFKA_FAILED', KafkaUnnamedError],
])

/**
 * What a failure of the client library means, read from its classes and protocol types down the chain of causes. One of
 * ours among them passes as it is: the library was only told.
 * `doing` opens the message: "Reading topic x"; what the cause says of itself closes it.
 */
export function kafkaError(error: unknown, doing: string): ListingstreamError {
  for (const link of causesOf(error)) if (link instanceof ListingstreamError) return link
  const { code, advice } = verdictOn(error)
  const message = `${doing}: ${advice}${told(error)}`
  const Class = CLASSES.get(code)
  return Class === undefined ? new KafkaError(message, { code, cause: error }) : new Class(message, error)
}

/** `why`: "no answer within 10 ms". `shown`: what the message quotes; null where the cause says nothing to anybody. */
export function kafkaUnreachable(
  doing: string,
  why: string,
  cause?: unknown,
  shown: unknown = cause,
): KafkaError {
  const { code, advice } = UNREACHABLE
  return new KafkaError(`${doing}: ${why}; ${advice}${told(shown)}`, { code, cause })
}

/** " (ECONNREFUSED)": the protocol's name of the refusal, or what the innermost cause says. */
function told(error: unknown): string {
  const chain = [...causesOf(error)]
  const type = chain.map(protocolType).find((found) => found !== undefined)
  if (type !== undefined) return ` (${type})`
  const root = chain.findLast((link) => link instanceof Error)
  if (root === undefined) return ''
  return ` (${root.name}: ${quoteForeign(root.message)})`
}

function verdictOn(error: unknown): Verdict {
  const chain = [...causesOf(error)]
  for (const link of chain) {
    if (link instanceof kafkajs.KafkaJSSASLAuthenticationError) return UNAUTHENTICATED
    if (link instanceof kafkajs.KafkaJSGroupCoordinatorNotFound) return NO_COORDINATOR
    const verdict = VERDICTS.get(protocolType(link) ?? '')
    if (verdict !== undefined) return verdict
  }
  const type = chain.map(protocolType).find((found) => found !== undefined)
  if (chain.some(isOutage)) {
    if (type === undefined) return UNREACHABLE
    return { ...UNREACHABLE, advice: 'the cluster answers, but is not ready for it. Look at its brokers.' }
  }
  if (type !== undefined) {
    return { code: 'KAFKA_REJECTED', advice: 'the broker refused it.' }
  }
  return {
    code: 'KAFKA_FAILED',
    advice: 'the Kafka client failed in a way that it does not name.',
  }
}

function isOutage(error: unknown): boolean {
  return (
    error instanceof kafkajs.KafkaJSConnectionError ||
    error instanceof kafkajs.KafkaJSRequestTimeoutError ||
    error instanceof kafkajs.KafkaJSBrokerNotFound ||
    error instanceof kafkajs.KafkaJSMetadataNotLoaded ||
    error instanceof kafkajs.KafkaJSTimeout ||
    error instanceof kafkajs.KafkaJSNumberOfRetriesExceeded ||
    // Retried by the library already, in vain: a leader is missing, a coordinator is loading.
    (error instanceof kafkajs.KafkaJSProtocolError && error.retriable)
  )
}

/** The first protocol type of the chain, e.g. `TOPIC_ALREADY_EXISTS`. */
export function protocolTypeOf(error: unknown): string | undefined {
  return [...causesOf(error)].map(protocolType).find((type) => type !== undefined)
}

function protocolType(error: unknown): string | undefined {
  return error instanceof kafkajs.KafkaJSProtocolError ? error.type : undefined
}

/** The error, its causes and, of an aggregate, its parts. */
function* causesOf(error: unknown, depth = 0): Generator {
  if (error === undefined || error === null || depth > 10) return
  yield error
  if (error instanceof kafkajs.KafkaJSAggregateError) {
    for (const part of error.errors) yield* causesOf(part, depth + 1)
  }
  if (error instanceof Error) yield* causesOf(error.cause, depth + 1)
}
