/** What brokers and topics bound, and the errors that name the setting and its value. */
import { recordBytes, type OutgoingRecord } from './chunks.ts'
import type { KafkaCluster } from './cluster.ts'
import { KafkaError, KafkaUnauthorizedError } from './errors.ts'
import { protocolTypeOf } from './client-failure.ts'

/** A broker refuses a batch above 1 MiB by default (docs/kafka.md §11). */
const MOST_BATCH_BYTES = 512 * 1024
/** What a batch has beside its records, and what a codec may add to records that it cannot make smaller. */
const BATCH_OVERHEAD_BYTES = 1024
const CODEC_OVERHEAD = 0.02

/** What bounds a batch: what the topic takes, and one file of its log. */
const SIZE_CONFIGS = ['max.message.bytes', 'segment.bytes']
const TIMEOUT_CONFIG = 'transaction.max.timeout.ms'

export interface TopicLimits {
  readonly partitions: number
  /** Of the records of a batch before compression: the broker may store it without, or with a codec of its own. */
  readonly batchBytes: number
  /** "max.message.bytes=65536, segment.bytes=1073741824"; empty if the broker does not tell. */
  readonly configs: string
}

/** Rejects with KAFKA_TOPIC_MISSING. */
export async function topicLimits(
  cluster: KafkaCluster,
  topic: string,
  signal: AbortSignal,
): Promise<TopicLimits> {
  const partitions = await cluster.partitionCount(topic, signal)
  const configs = await sizeConfigs(cluster, topic, signal)
  const limits = [...configs.values()].map(Number).filter(Number.isSafeInteger)
  const room = limits.map(roomOf)
  return {
    partitions,
    batchBytes: Math.max(1, Math.min(MOST_BATCH_BYTES, ...room)),
    configs: [...configs].map(([name, value]) => `${name}=${value}`).join(', '),
  }
}

/** Of records, in a batch of so many bytes. */
export function roomOf(batchBytes: number): number {
  return Math.floor((batchBytes - BATCH_OVERHEAD_BYTES) * (1 - CODEC_OVERHEAD))
}

/** Nothing for a user who may not read them: that right only makes better batches. */
async function sizeConfigs(
  cluster: KafkaCluster,
  topic: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  try {
    return new Map(Object.entries(await cluster.topicConfigs(topic, SIZE_CONFIGS, signal)))
  } catch (error) {
    if (error instanceof KafkaUnauthorizedError) return new Map()
    throw error
  }
}

/** The refusal of a batch for its size, by its largest record; any other error as it is. */
export function sizeRefused(
  error: unknown,
  topic: string,
  records: readonly OutgoingRecord[],
  { configs }: TopicLimits,
): unknown {
  const type = protocolTypeOf(error)
  if (type !== 'MESSAGE_TOO_LARGE' && type !== 'RECORD_LIST_TOO_LARGE') return error
  const [largest] = records.toSorted((a, b) => recordBytes(b) - recordBytes(a))
  const size = largest === undefined ? 0 : recordBytes(largest)
  return new KafkaError(
    `Topic ${topic} does not take a batch of ${records.length} record(s): it has ${configs === '' ? 'a lower max.message.bytes' : configs}. The largest of them has the key ${JSON.stringify(String(largest?.key))} and ${size} bytes before compression. Raise max.message.bytes of the topic, or message.max.bytes of the brokers.`,
    { code: 'KAFKA_RECORD_TOO_LARGE', cause: error },
  )
}

/** The refusal of the transaction timeout, with the brokers' own if they tell it; any other error as it is. */
export async function timeoutRefused(
  error: unknown,
  timeoutMs: number,
  cluster: KafkaCluster,
  signal: AbortSignal,
): Promise<unknown> {
  if (protocolTypeOf(error) !== 'INVALID_TRANSACTION_TIMEOUT') return error
  const theirs = await valueOf(cluster, signal)
  return new KafkaError(
    `KAFKA_TRANSACTION_TIMEOUT is ${timeoutMs} ms, above the brokers' ${TIMEOUT_CONFIG}${theirs}. Lower it, or raise theirs.`,
    { code: 'KAFKA_TRANSACTION_TIMEOUT_REFUSED', cause: error },
  )
}

async function valueOf(cluster: KafkaCluster, signal: AbortSignal): Promise<string> {
  try {
    const value = await cluster.brokerConfig(TIMEOUT_CONFIG, signal)
    return value === undefined ? '' : `=${value}`
  } catch {
    // Without the right to read it, its name has to do.
    return ''
  }
}
