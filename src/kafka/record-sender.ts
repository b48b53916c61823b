import type Cluster from 'kafkajs/src/cluster/index.js'

import { sleep } from '../support/abort.ts'
import { waitAfter } from '../support/backoff.ts'
import { isRetryable } from '../support/errors.ts'
import type { KafkaClient } from './client.ts'
import type { KafkaCluster } from './cluster.ts'
import { withDeadline } from './deadline.ts'
import type { OutgoingRecord } from './outgoing-record.ts'
import { partitionFor } from './partition.ts'
import { RecordAppender } from './record-appender.ts'

const REQUEST_TIMEOUT_MS = 15_000
const SEND_TIMEOUT_MS = 60_000
const RETRY = { baseMs: 200, capMs: 5_000 }

interface Open {
  readonly client: KafkaClient
  readonly cluster: Cluster
  readonly appender: RecordAppender
}

/** Appends records outside of transactions: each at least once, whatever fails on the way. */
export class RecordSender implements AsyncDisposable {
  readonly #kafka: KafkaCluster
  #open: Open | undefined

  constructor(kafka: KafkaCluster) {
    this.#kafka = kafka
  }

  /**
   * Resolves when all in-sync replicas have them; those of one key in order. Outages are waited out.
   *
   * @throws {KafkaError} KAFKA_TOPIC_MISSING, KAFKA_UNAUTHORIZED, KAFKA_RECORD_TOO_LARGE
   */
  async send(topic: string, records: readonly OutgoingRecord[], signal: AbortSignal): Promise<void> {
    for (let failures = 0; ; failures += 1) {
      try {
        await this.#sendOnce(topic, records, signal)
        return
      } catch (error) {
        // docs/kafka.md §0: after any error, another producer.
        await this[Symbol.asyncDispose]()
        signal.throwIfAborted()
        if (!isRetryable(error)) throw error
        await sleep(waitAfter(RETRY, failures, undefined, Math.random), signal)
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const open = this.#open
    this.#open = undefined
    await open?.client.close()
  }

  async #sendOnce(topic: string, records: readonly OutgoingRecord[], signal: AbortSignal): Promise<void> {
    const { cluster, appender, client } = (this.#open ??= this.#create())
    const partitions = await this.#kafka.partitionCount(topic, signal)
    const led = Map.groupBy(records, ({ key }) => partitionFor(key ?? '', partitions))
    const appends = [...led].map(([partition, ours]) => ({ topic, partition, records: ours }))
    if (appends.length === 0) return
    const over = new AbortController()
    const work = async (): Promise<void> => {
      await cluster.connect()
      await appender.lookUp(appends, signal)
      const rounds = appender.rounds(appends)
      for (let round = await rounds.next(); round.length > 0; round = await rounds.next()) {
        signal.throwIfAborted()
        await appender.append(round, undefined, over.signal)
      }
    }
    try {
      const doing = `Sending to topic ${topic}`
      await withDeadline(doing, SEND_TIMEOUT_MS, signal, work, this.#kafka.tries, client.troubles)
    } finally {
      over.abort()
    }
  }

  #create(): Open {
    const client = this.#kafka.newClient({
      requestTimeoutMs: REQUEST_TIMEOUT_MS,
      retry: { initialMs: 50, retries: 10 },
    })
    const cluster = client.fetchCluster()
    const appender = new RecordAppender(this.#kafka, client, cluster, {
      compression: 'zstd',
      requestTimeoutMs: REQUEST_TIMEOUT_MS,
    })
    return { client, cluster, appender }
  }
}
