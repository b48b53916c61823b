import type Cluster from 'kafkajs/src/cluster/index.js'
import type { Coordinator } from 'kafkajs/src/cluster/index.js'

import { isRetryable } from '../support/errors.ts'
import type { KafkaClient } from './client.ts'
import type { KafkaCluster } from './cluster.ts'
import { withDeadline } from './deadline.ts'

interface Connected {
  readonly client: KafkaClient
  readonly cluster: Cluster
  readonly broker: Coordinator
}

export type Question<T> = (broker: Coordinator, cluster: Cluster) => Promise<T>

/**
 * Questions to the broker that keeps a group; another one may keep it at any time. It has connections of its own: one that
 * waits for a rebalance, or for records, answers nothing else.
 */
export class GroupCoordinator implements AsyncDisposable {
  readonly groupId: string
  readonly #kafka: KafkaCluster
  readonly #longestMs: number
  #connected: Promise<Connected> | undefined

  /** @param longestMs that any of the questions may take */
  constructor(kafka: KafkaCluster, groupId: string, longestMs: number) {
    this.#kafka = kafka
    this.groupId = groupId
    this.#longestMs = longestMs
  }

  /** Asks once. What failed by an outage or a move is retryable: the next question looks for the coordinator anew. */
  async ask<T>(doing: string, ms: number, signal: AbortSignal, question: Question<T>): Promise<T> {
    const what = `Consumer group ${this.groupId}, ${doing}`
    try {
      const work = async (): Promise<T> => {
        const { broker, cluster } = await (this.#connected ??= this.#connect())
        return await question(broker, cluster)
      }
      return await withDeadline(what, ms, signal, work, this.#kafka.tries)
    } catch (error) {
      if (signal.aborted || isRetryable(error)) await this.#disconnect()
      throw error
    }
  }

  async #connect(): Promise<Connected> {
    const client = this.#kafka.newClient({
      requestTimeoutMs: this.#longestMs,
      retry: { initialMs: 50, retries: 4 },
    })
    try {
      const cluster = client.fetchCluster()
      await cluster.connect()
      return { client, cluster, broker: await cluster.findGroupCoordinator({ groupId: this.groupId }) }
    } catch (error) {
      await client.close()
      throw error
    }
  }

  async #disconnect(): Promise<void> {
    const connected = this.#connected
    this.#connected = undefined
    const client = await connected?.then(
      (found) => found.client,
      () => undefined,
    )
    await client?.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#disconnect()
  }
}
