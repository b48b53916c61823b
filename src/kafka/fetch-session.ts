import kafkajs from 'kafkajs'
import type Cluster from 'kafkajs/src/cluster/index.js'
import type { FetchingBroker } from 'kafkajs/src/cluster/index.js'

import type { Tries } from '../support/tries.ts'
import type { KafkaClient } from './client.ts'
import type { KafkaCluster } from './cluster.ts'
import type { Cursor, FetchedPartition } from './cursor.ts'
import { withDeadline } from './deadline.ts'
import { versionOf } from './brokers.ts'
import { KafkaError, KafkaOffsetOutOfRange } from './errors.ts'
import { FETCH, FETCH_VERSIONS, fetchRequest } from './fetch-request.ts'
import type { FetchedBlock } from './fetched-block.ts'

const REQUEST_TIMEOUT_MS = 15_000
const RESPONSE_MAX_BYTES = 8 * 1024 * 1024

interface Fetched {
  readonly cursor: Cursor
  readonly fetched: FetchedPartition
}

/** One client and what it knows of the leaders. */
export class FetchSession {
  readonly #client: KafkaClient
  readonly #cluster: Cluster
  readonly #tries: Tries
  #turn = 0

  private constructor(client: KafkaClient, tries: Tries) {
    this.#client = client
    this.#cluster = client.fetchCluster()
    this.#tries = tries
  }

  static async open(
    cluster: KafkaCluster,
    topics: readonly string[],
    signal: AbortSignal,
  ): Promise<FetchSession> {
    const client = cluster.newClient({
      requestTimeoutMs: REQUEST_TIMEOUT_MS,
      retry: { initialMs: 50, retries: 4 },
    })
    const session = new FetchSession(client, cluster.tries)
    try {
      const connect = async (): Promise<void> => {
        await session.#cluster.connect()
        await session.#cluster.addMultipleTargetTopics(topics)
      }
      const doing = `Reading ${topics.join(', ')}`
      await withDeadline(doing, REQUEST_TIMEOUT_MS, signal, connect, cluster.tries, client.troubles)
      return session
    } catch (error) {
      await client.close()
      throw error
    }
  }

  /** One answer of each leader; the cursors have moved behind what came. */
  async fetch(
    cursors: readonly Cursor[],
    maxWaitMs: number,
    signal: AbortSignal,
  ): Promise<readonly FetchedBlock[]> {
    const doing = `Reading ${[...new Set(cursors.map(({ topic }) => topic))].join(', ')}`
    const ask = async (): Promise<readonly Fetched[]> => {
      await this.#cluster.refreshMetadataIfNecessary()
      const answers = await Promise.all(
        [...this.#byLeader(cursors)].map(([leader, led]) => this.#fetchFrom(leader, led, maxWaitMs)),
      )
      return answers.flat()
    }
    const limit = REQUEST_TIMEOUT_MS + maxWaitMs
    const answered = await withDeadline(doing, limit, signal, ask, this.#tries, this.#client.troubles)
    // Only now: a cursor that moved with an answer that is thrown away, for another leader's failure or for its
    // lateness, would pass over those records.
    return answered.flatMap(({ cursor, fetched }) => cursor.accept(fetched) ?? [])
  }

  #byLeader(cursors: readonly Cursor[]): ReadonlyMap<string, readonly Cursor[]> {
    const groups = new Map<string, Cursor[]>()
    for (const cursor of cursors) {
      const [leader] = Object.keys(this.#cluster.findLeaderForPartitions(cursor.topic, [cursor.partition]))
      if (leader === undefined) {
        throw new KafkaError(`Topic ${cursor.topic} has no partition ${cursor.partition}.`, {
          code: 'KAFKA_TOPIC_MISSING',
        })
      }
      const group = groups.get(leader)
      if (group === undefined) groups.set(leader, [cursor])
      else group.push(cursor)
    }
    return groups
  }

  async #fetchFrom(
    leader: string,
    cursors: readonly Cursor[],
    maxWaitMs: number,
  ): Promise<readonly Fetched[]> {
    const broker = await this.#cluster.findBroker({ nodeId: leader })
    const request = fetchRequest(versionFor(broker), this.#inTurn(cursors), {
      maxWaitMs,
      maxBytes: Math.max(RESPONSE_MAX_BYTES, ...cursors.map(({ maxBytes }) => maxBytes)),
    })
    const answers = await broker.connectionPool.send(request).catch((error: unknown) => {
      throw outOfRange(error, cursors) ?? error
    })
    return answers.flatMap((fetched) => {
      const cursor = cursors.find(
        ({ topic, partition }) => topic === fetched.topic && partition === fetched.partition,
      )
      return cursor === undefined ? [] : [{ cursor, fetched }]
    })
  }

  /** Another one comes first each time: the first one gets a batch of any size, and the last ones nothing where an answer is full (KIP-74). */
  #inTurn(cursors: readonly Cursor[]): readonly Cursor[] {
    const first = this.#turn % cursors.length
    this.#turn += 1
    return [...cursors.slice(first), ...cursors.slice(0, first)]
  }

  async close(): Promise<void> {
    await this.#client.close()
  }
}

function versionFor(broker: FetchingBroker): number {
  const version = versionOf(broker, FETCH, FETCH_VERSIONS)
  if (version !== undefined) return version
  const { least, most } = FETCH_VERSIONS
  throw new KafkaError(
    `The broker answers Fetch requests in none of the versions ${least} to ${most}. Use brokers of Kafka 0.11 or later.`,
    { code: 'KAFKA_REJECTED' },
  )
}

function outOfRange(error: unknown, cursors: readonly Cursor[]): KafkaOffsetOutOfRange | undefined {
  if (!(error instanceof kafkajs.KafkaJSOffsetOutOfRange)) return undefined
  const cursor = cursors.find(
    ({ topic, partition }) => topic === error.topic && partition === error.partition,
  )
  return new KafkaOffsetOutOfRange(
    error.topic,
    error.partition,
    `the log does not hold offset ${cursor?.position ?? ''}`,
    error,
  )
}
