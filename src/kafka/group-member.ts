import type Cluster from 'kafkajs/src/cluster/index.js'

import { sleep } from '../support/abort.ts'
import { waitAfter } from '../support/backoff.ts'
import { isRetryable } from '../support/errors.ts'
import { protocolTypeOf } from './client-failure.ts'
import type { KafkaCluster } from './cluster.ts'
import { KafkaError } from './errors.ts'
import {
  assignedData,
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  RANGE_ASSIGNOR,
  type Assignor,
  type TopicPartition,
} from './group-assignment.ts'
import { GroupCoordinator, type Question } from './group-coordinator.ts'
import { parseOffset } from './offset.ts'

const QUESTION_TIMEOUT_MS = 10_000
const NETWORK_MS = 10_000
const RETRY = { baseMs: 100, capMs: 2_000 }

export interface GroupOptions {
  readonly groupId: string
  readonly topics: readonly string[]
  /** Without a heartbeat for so long, the group goes on without the member. */
  readonly sessionTimeoutMs: number
  /** So long the group waits for its members to join again. */
  readonly rebalanceTimeoutMs: number
  /** @default range */
  readonly assignor?: Assignor
}

export interface AssignedPartition extends TopicPartition {
  /** Offset that the group goes on at; null: it has committed none. */
  readonly committed: number | null
}

export interface PartitionOffset extends TopicPartition {
  readonly offset: number
}

/**
 * `member`: all is well. `rebalancing`: the partitions are shared out anew; it is a member until it has joined again or the
 * time for that is over. `expelled`: others have its partitions by now.
 */
export type Standing = 'member' | 'rebalancing' | 'expelled'

const STANDINGS: ReadonlyMap<string | undefined, Standing> = new Map([
  ['REBALANCE_IN_PROGRESS', 'rebalancing'],
  ['ILLEGAL_GENERATION', 'expelled'],
  ['UNKNOWN_MEMBER_ID', 'expelled'],
  ['FENCED_INSTANCE_ID', 'expelled'],
])

/**
 * A member of a classic consumer group, one request at a time; who calls it keeps the time. kafkajs's own consumer is not
 * used: it brings its way of reading along (docs/kafka.md §4), and lets a handler run on while another member has its
 * partition.
 */
export class GroupMember implements AsyncDisposable {
  readonly #options: GroupOptions
  readonly #coordinator: GroupCoordinator
  #memberId = ''
  #generation = -1

  constructor(kafka: KafkaCluster, options: GroupOptions) {
    this.#options = options
    this.#coordinator = new GroupCoordinator(kafka, options.groupId, this.#joinMs)
  }

  get #joinMs(): number {
    return Math.max(this.#options.rebalanceTimeoutMs, this.#options.sessionTimeoutMs) + NETWORK_MS
  }

  get #self(): { readonly groupId: string; readonly memberId: string } {
    return { groupId: this.#options.groupId, memberId: this.#memberId }
  }

  /** Joins, or joins again: resolves with its partitions once all members have. Outages and moves are waited out. */
  async join(signal: AbortSignal): Promise<readonly AssignedPartition[]> {
    for (let failures = 0; ; failures += 1) {
      try {
        return await this.#joinOnce(signal)
      } catch (error) {
        signal.throwIfAborted()
        const type = protocolTypeOf(error)
        // The id is kept while it may be good: as another member it would wait for its own session to time out.
        if (type === 'UNKNOWN_MEMBER_ID') this.#memberId = ''
        if (!STANDINGS.has(type) && !isRetryable(error)) throw asGroupError(error, this.#options)
        await sleep(waitAfter(RETRY, failures, undefined, Math.random), signal)
      }
    }
  }

  /** @throws {KafkaError} retryable, if nothing can be known now */
  async heartbeat(signal: AbortSignal): Promise<Standing> {
    return this.#standing(async () => {
      const beat = { ...this.#self, groupGenerationId: this.#generation }
      await this.#ask('its heartbeat', signal, (broker) => broker.heartbeat(beat))
    })
  }

  /** Only `member` says that they are committed. @throws {KafkaError} retryable, if that is not known */
  async commit(offsets: readonly PartitionOffset[], signal: AbortSignal): Promise<Standing> {
    return this.#standing(async () => {
      const topics = byTopic(offsets).map(([topic, places]) => ({
        topic,
        partitions: places.map(({ partition, offset }) => ({ partition, offset: String(offset) })),
      }))
      const commit = { ...this.#self, groupGenerationId: this.#generation, topics }
      await this.#ask('committing offsets', signal, (broker) => broker.offsetCommit(commit))
    })
  }

  /** So that the others need not wait for the session to time out. */
  async leave(signal: AbortSignal): Promise<void> {
    if (this.#memberId === '') return
    const self = this.#self
    this.#memberId = ''
    await this.#standing(async () => {
      await this.#ask('leaving', signal, (broker) => broker.leaveGroup(self))
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#coordinator[Symbol.asyncDispose]()
  }

  async #joinOnce(signal: AbortSignal): Promise<readonly AssignedPartition[]> {
    const { topics, sessionTimeoutMs, rebalanceTimeoutMs, assignor = RANGE_ASSIGNOR } = this.#options
    const request = {
      sessionTimeout: sessionTimeoutMs,
      rebalanceTimeout: rebalanceTimeoutMs,
      groupProtocols: [{ name: assignor.protocol, metadata: assignor.subscription(topics) }],
    }
    const join = { ...this.#self, ...request }
    const joined = await this.#coordinator.ask('joining', this.#joinMs, signal, (broker) =>
      broker.joinGroup(join),
    )
    this.#memberId = joined.memberId
    this.#generation = joined.generationId
    const isLeader = joined.leaderId === joined.memberId
    const sync = { ...this.#self, generationId: joined.generationId }
    const synced = await this.#coordinator.ask(
      'taking its partitions',
      this.#joinMs,
      signal,
      async (broker, cluster) => {
        const groupAssignment = isLeader ? await assign(cluster, assignor, joined.members) : []
        return await broker.syncGroup({ ...sync, groupAssignment })
      },
    )
    const partitions = decodeAssignment(synced.memberAssignment, topics)
    assignor.onAssigned?.(assignedData(synced.memberAssignment))
    return partitions.length === 0 ? [] : await this.#withCommitted(partitions, signal)
  }

  async #withCommitted(
    partitions: readonly TopicPartition[],
    signal: AbortSignal,
  ): Promise<readonly AssignedPartition[]> {
    const topics = byTopic(partitions).map(([topic, places]) => ({
      topic,
      partitions: places.map(({ partition }) => ({ partition })),
    }))
    const question = { groupId: this.#options.groupId, topics }
    const { responses } = await this.#ask('asking for its offsets', signal, (broker) =>
      broker.offsetFetch(question),
    )
    return partitions.map(({ topic, partition }) => {
      const found = responses
        .find((response) => response.topic === topic)
        ?.partitions.find((response) => response.partition === partition)?.offset
      const committed = found === undefined || found === '-1' ? null : parseOffset(found)
      return { topic, partition, committed }
    })
  }

  #ask<T>(doing: string, signal: AbortSignal, question: Question<T>): Promise<T> {
    return this.#coordinator.ask(doing, QUESTION_TIMEOUT_MS, signal, question)
  }

  async #standing(work: () => Promise<void>): Promise<Standing> {
    try {
      await work()
      return 'member'
    } catch (error) {
      const standing = STANDINGS.get(protocolTypeOf(error))
      if (standing === undefined) throw asGroupError(error, this.#options)
      return standing
    }
  }
}

async function assign(
  cluster: Cluster,
  assignor: Assignor,
  members: readonly { readonly memberId: string; readonly memberMetadata: Buffer }[],
): Promise<readonly { readonly memberId: string; readonly memberAssignment: Buffer }[]> {
  const subscribers = members.map(({ memberId, memberMetadata }) => ({
    memberId,
    ...decodeSubscription(memberMetadata),
  }))
  // Others may read topics that this one does not.
  await cluster.addMultipleTargetTopics([...new Set(subscribers.flatMap(({ topics }) => topics))])
  await cluster.refreshMetadata()
  const shares = assignor.assign(subscribers, (topic) => cluster.findTopicPartitionMetadata(topic).length)
  return [...shares].map(([memberId, { partitions, userData }]) => ({
    memberId,
    memberAssignment: encodeAssignment(partitions, userData),
  }))
}

function byTopic<Place extends TopicPartition>(
  places: readonly Place[],
): readonly (readonly [topic: string, places: readonly Place[]])[] {
  return [...Map.groupBy(places, ({ topic }) => topic)]
}

/** What only an operator of the group can mend, in words. */
function asGroupError(error: unknown, { groupId, sessionTimeoutMs }: GroupOptions): unknown {
  const advice = ADVICE.get(protocolTypeOf(error))
  if (advice === undefined) return error
  const told = `${advice} (${protocolTypeOf(error)}; the session times out after ${sessionTimeoutMs} ms)`
  return new KafkaError(`Consumer group ${groupId} does not take this member: ${told}.`, {
    code: 'KAFKA_GROUP_REFUSED',
    cause: error,
  })
}

const ADVICE: ReadonlyMap<string | undefined, string> = new Map([
  [
    'INCONSISTENT_GROUP_PROTOCOL',
    'its members share partitions out by other rules, or it is a group of the new protocol. Choose another group id, or let the others use the same assignor and the classic protocol',
  ],
  [
    'INVALID_SESSION_TIMEOUT',
    'the session timeout is outside group.min.session.timeout.ms and group.max.session.timeout.ms of the brokers',
  ],
  ['INVALID_GROUP_ID', 'the brokers do not take its name'],
  ['GROUP_MAX_SIZE_REACHED', 'it has as many members as group.max.size of the brokers allows'],
])
