/** What brokers and topics bound, and the errors that name the setting and its value. */
import { protocolTypeOf } from './client-failure.ts'
import type { KafkaCluster, TopicDescription } from './cluster.ts'
import { KafkaError, KafkaUnauthorizedError } from './errors.ts'
import type { OutgoingRecord } from './outgoing-record.ts'
import { topicMissing } from './question-session.ts'
import { recordBytes } from './record-batch.ts'

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

/** Of each of the topics, all asked at once. Rejects with KAFKA_TOPIC_MISSING. */
export async function topicLimits(
  cluster: KafkaCluster,
  topics: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, TopicLimits>> {
  const described = await describe(cluster, topics, signal)
  return new Map(
    topics.map((topic) => {
      const description = described.get(topic)
      if (description === undefined) throw topicMissing(topic)
      return [topic, limitsOf(description)]
    }),
  )
}

function limitsOf({ partitions, configs }: Pick<TopicDescription, 'partitions' | 'configs'>): TopicLimits {
  const entries = Object.entries(configs)
  const limits = entries.map(([, value]) => Number(value)).filter(Number.isSafeInteger)
  return {
    partitions,
    batchBytes: Math.max(1, Math.min(MOST_BATCH_BYTES, ...limits.map(roomOf))),
    configs: entries.map(([name, value]) => `${name}=${value}`).join(', '),
  }
}

/** Of records, in a batch of so many bytes. */
export function roomOf(batchBytes: number): number {
  return Math.floor((batchBytes - BATCH_OVERHEAD_BYTES) * (1 - CODEC_OVERHEAD))
}

/** Without settings for a user who may not read them: that right only makes better batches. */
async function describe(
  cluster: KafkaCluster,
  topics: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Pick<TopicDescription, 'partitions' | 'configs'>>> {
  try {
    return await cluster.describeTopics(topics, signal, SIZE_CONFIGS)
  } catch (error) {
    if (!(error instanceof KafkaUnauthorizedError)) throw error
    const [only, ...others] = topics
    if (only === undefined || others.length === 0) return await partitionsAlone(cluster, topics, signal)
    // One of them was refused; which, nobody says.
    const each = await Promise.all(topics.map((topic) => describe(cluster, [topic], signal)))
    return new Map(each.flatMap((described) => [...described]))
  }
}

async function partitionsAlone(
  cluster: KafkaCluster,
  topics: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Pick<TopicDescription, 'partitions' | 'configs'>>> {
  const counts = topics.map(async (topic) => {
    return [topic, { partitions: await cluster.partitionCount(topic, signal), configs: {} }] as const
  })
  return new Map(await Promise.all(counts))
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
