import { keepCredential } from '../../support/secrets.ts'
import type { Tries } from '../../support/tries.ts'
import type { ResourceDescription } from '../../domain/resource.ts'
import { decodeValue } from '../../events/decode-value.ts'
import { SchemaRegistry } from '../../events/registry/schema-registry.ts'
import { WriterSchemas } from '../../events/registry/writer-schemas.ts'
import { topicNames } from '../../feed/topic-names.ts'
import { connectKafka, type KafkaCluster, type PartitionOffsets } from '../../kafka/cluster.ts'
import { GroupMembership } from '../../kafka/group-membership.ts'
import { allPartitions, type Membership } from '../../kafka/membership.ts'
import { PartitionReader } from '../../kafka/partition-reader.ts'
import { ChangeStream } from './change-stream.ts'
import {
  BUFFERED_BYTES,
  COMMIT_MS,
  HEARTBEAT_MS,
  PREFIX,
  REBALANCE_MS,
  SESSION_MS,
  type ConsumerOptions,
  type FailureChoice,
} from './consumer-options.ts'
import { DeadLetters } from './dead-letters.ts'
import { inOwnWords } from './own-words.ts'
import { ReaderSchemas } from './reader-view/reader-schemas.ts'
import type { ReadValue } from './read-change.ts'
import type { OnTrouble } from './trouble.ts'

export interface OpenStream extends AsyncDisposable {
  readonly stream: ChangeStream
  /** Of what a handler could not handle; undefined if that is an error. */
  readonly failures: DeadLetters | undefined
}

/**
 * Everything that a reader of the resource's topic needs. A cluster that does not answer is an error here, so that a wrong
 * address is noticed; from then on outages are waited out.
 *
 * @param onFailure of the handler
 */
export async function openStream(
  resource: ResourceDescription,
  options: ConsumerOptions,
  onFailure: FailureChoice,
  signal: AbortSignal,
): Promise<OpenStream> {
  const { prefix = PREFIX, groupId, from = 'beginning', onLostOffset = 'stop', onTrouble } = options
  const readValue = valueReader(resource, options)
  await using opening = new AsyncDisposableStack()
  const cluster = opening.use(await connectKafka(kafkaSettings(options), signal))
  const topic = topicNames(prefix).data(resource)
  const offsets = await cluster.topicOffsets(topic, signal).catch((error: unknown) => {
    throw inOwnWords(error, topic)
  })
  const failures = await openLetters(cluster, onFailure, groupId, signal)
  if (failures !== undefined) opening.use(failures)
  const unreadable = await openLetters(cluster, options.onUnreadable ?? onFailure, groupId, signal)
  if (unreadable !== undefined) opening.use(unreadable)
  const reader = opening.use(new PartitionReader(cluster, { topics: [topic], failsInOutage: false }))
  const membership = opening.use(membershipOf(cluster, topic, offsets, options))
  const stream = new ChangeStream({
    resource,
    topic,
    membership,
    reader,
    readValue,
    ends: offsets,
    from,
    offsetsNow: onLostOffset === 'stop' ? undefined : (ask) => cluster.topicOffsets(topic, ask),
    unreadable,
    maxBufferedBytes: options.maxBufferedBytes ?? BUFFERED_BYTES,
    commitIntervalMs: options.commitIntervalMs ?? COMMIT_MS,
    onTrouble: onTrouble ?? (() => undefined),
  })
  const owned = opening.move()
  return { stream, failures, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

function membershipOf(
  cluster: KafkaCluster,
  topic: string,
  offsets: readonly PartitionOffsets[],
  options: ConsumerOptions,
): Membership {
  const { groupId } = options
  if (groupId === undefined) {
    return allPartitions(offsets.map((_, partition) => ({ topic, partition, committed: null })))
  }
  return new GroupMembership(cluster, {
    groupId,
    topics: [topic],
    sessionTimeoutMs: options.sessionTimeoutMs ?? SESSION_MS,
    rebalanceTimeoutMs: options.rebalanceTimeoutMs ?? REBALANCE_MS,
    heartbeatIntervalMs: options.heartbeatIntervalMs ?? HEARTBEAT_MS,
  })
}

async function openLetters(
  cluster: KafkaCluster,
  choice: FailureChoice,
  groupId: string | undefined,
  signal: AbortSignal,
): Promise<DeadLetters | undefined> {
  if (choice === 'stop') return undefined
  return await DeadLetters.open(cluster, choice.deadLetter, groupId, signal)
}

function valueReader(resource: ResourceDescription, options: ConsumerOptions): ReadValue {
  const { registry, readerSchemas = [] } = options
  const { url, auth } = typeof registry === 'string' ? { url: registry } : registry
  const schemas = new WriterSchemas(new SchemaRegistry({ url, ...(auth === undefined ? {} : { auth }) }))
  if (readerSchemas.length === 0) return (bytes, signal) => decodeValue(bytes, schemas, signal)
  const readers = new ReaderSchemas(resource, readerSchemas)
  return async (bytes, signal) => {
    const decoded = await decodeValue(bytes, schemas, signal)
    const { record } = await schemas.get(decoded.schemaId, signal)
    return { ...decoded, value: readers.see({ ...decoded, record }) }
  }
}

function kafkaSettings(options: ConsumerOptions): Parameters<typeof connectKafka>[0] {
  const { brokers, ssl, sasl, clientId = 'listingstream-consumer', onTrouble } = options
  if (sasl !== undefined) keepCredential(`${sasl.username}:${sasl.password}`)
  return {
    brokers,
    clientId,
    ...(ssl === undefined ? {} : { ssl }),
    ...(sasl === undefined ? {} : { sasl }),
    ...(onTrouble === undefined ? {} : { tries: triesOf(onTrouble) }),
  }
}

function triesOf(onTrouble: OnTrouble): Tries {
  return {
    failed: (what, error, retryInMs) => onTrouble({ what, error, retryInMs }),
    succeeded: () => undefined,
  }
}
