import type { KafkaCluster } from '../../kafka/cluster.ts'
import { KafkaError } from '../../kafka/errors.ts'
import type { OutgoingHeader, OutgoingRecord } from '../../kafka/outgoing-record.ts'
import type { KafkaRecord } from '../../kafka/read-topic.ts'
import { RecordSender } from '../../kafka/record-sender.ts'
import { strike } from '../../support/secrets.ts'
import { ConsumerDeadLetterTopic } from './consumer-errors.ts'
import { requireDeadLetterTopic } from './dead-letter-topic.ts'
import type { ChangeRecords } from './record-folder.ts'

/** What a dead letter has beside the headers of its record. */
const HEADERS = {
  topic: 'dead-letter-topic',
  partition: 'dead-letter-partition',
  offset: 'dead-letter-offset',
  timestamp: 'dead-letter-timestamp',
  group: 'dead-letter-group',
  attempts: 'dead-letter-attempts',
  reason: 'dead-letter-reason',
} as const

/** A message is a sentence; brokers refuse records for their headers, too. */
const LONGEST_REASON = 1_000

export interface Letter {
  readonly topic: string
  readonly partition: number
  readonly records: ChangeRecords
  readonly error: unknown
  /** Of the handler; 0 if it never saw the change. */
  readonly attempts: number
}

/** Changes that could not be handled, each with its raw records: key, value and headers as they were, and why. */
export class DeadLetters implements AsyncDisposable {
  readonly #topic: string
  readonly #groupId: string
  readonly #sender: RecordSender

  private constructor(cluster: KafkaCluster, topic: string, groupId: string) {
    this.#topic = topic
    this.#groupId = groupId
    this.#sender = new RecordSender(cluster)
  }

  /** @throws {ConsumerDeadLetterTopic} CONSUMER_DEAD_LETTER_TOPIC */
  static async open(
    cluster: KafkaCluster,
    topic: string,
    groupId: string | undefined,
    signal: AbortSignal,
  ): Promise<DeadLetters> {
    await requireDeadLetterTopic(cluster, topic, signal)
    return new DeadLetters(cluster, topic, groupId ?? '')
  }

  /**
   * Resolves when it is safe there: the change may be acknowledged. Outages are waited out.
   *
   * @throws {ConsumerDeadLetterTopic} CONSUMER_DEAD_LETTER_TOPIC, if somebody deleted the topic
   */
  async send(letter: Letter, signal: AbortSignal): Promise<void> {
    const { record, tombstone } = letter.records
    const records = tombstone === null ? [record] : [record, tombstone]
    const letters = records.map((part) => this.#letterOf(part, letter))
    try {
      await this.#sender.send(this.#topic, letters, signal)
    } catch (error) {
      if (!(error instanceof KafkaError) || error.code !== 'KAFKA_TOPIC_MISSING') throw error
      throw new ConsumerDeadLetterTopic(this.#topic, 'does not exist any more', error)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sender[Symbol.asyncDispose]()
  }

  #letterOf(record: KafkaRecord, { topic, partition, error, attempts }: Letter): OutgoingRecord {
    const reason = strike(error instanceof Error ? `${error.name}: ${error.message}` : String(error))
    return {
      key: record.key,
      value: record.value,
      headers: headersOf({
        ...record.headers,
        [HEADERS.topic]: topic,
        [HEADERS.partition]: String(partition),
        [HEADERS.offset]: String(record.offset),
        [HEADERS.timestamp]: String(record.timestamp),
        [HEADERS.group]: this.#groupId,
        [HEADERS.attempts]: String(attempts),
        [HEADERS.reason]: reason.slice(0, LONGEST_REASON),
      }),
    }
  }
}

function headersOf(values: Readonly<Record<string, string | Buffer>>): readonly OutgoingHeader[] {
  return Object.entries(values).map(([name, value]) => ({ name, value }))
}
