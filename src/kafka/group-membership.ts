import { sleep } from '../support/abort.ts'
import { isRetryable } from '../support/errors.ts'
import type { KafkaCluster } from './cluster.ts'
import {
  GroupMember,
  type AssignedPartition,
  type GroupOptions,
  type PartitionOffset,
} from './group-member.ts'
import { KafkaError } from './errors.ts'
import type { Generation, Membership } from './membership.ts'

/** What ends well within it is not done twice: handlers that get so long notice before the group goes on without them. */
const SHARE_OF_REBALANCE = 0.8
const RETRY_MS = 500
const LEAVE_TIMEOUT_MS = 5_000

export interface MembershipOptions extends GroupOptions {
  readonly heartbeatIntervalMs: number
}

/** Membership in a consumer group: leaves it when it is disposed of. */
export class GroupMembership implements Membership {
  readonly #member: GroupMember
  readonly #options: MembershipOptions

  constructor(kafka: KafkaCluster, options: MembershipOptions) {
    this.#member = new GroupMember(kafka, options)
    this.#options = options
  }

  async join(signal: AbortSignal): Promise<Generation> {
    const partitions = await this.#member.join(signal)
    return new GroupGeneration(this.#member, partitions, this.#options)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // If it cannot be said, the session times out.
    await this.#member.leave(AbortSignal.timeout(LEAVE_TIMEOUT_MS)).catch(() => undefined)
    await this.#member[Symbol.asyncDispose]()
  }
}

class GroupGeneration implements Generation {
  readonly partitions: readonly AssignedPartition[]
  readonly #member: GroupMember
  readonly #options: MembershipOptions
  readonly #revoked = new AbortController()
  readonly #lost = new AbortController()
  readonly #over = new AbortController()
  readonly #beating: Promise<void>

  constructor(member: GroupMember, partitions: readonly AssignedPartition[], options: MembershipOptions) {
    this.#member = member
    this.partitions = partitions
    this.#options = options
    this.#beating = this.#beat()
  }

  get revoked(): AbortSignal {
    return this.#revoked.signal
  }

  get lost(): AbortSignal {
    return this.#lost.signal
  }

  async commit(offsets: readonly PartitionOffset[], signal: AbortSignal): Promise<boolean> {
    for (;;) {
      try {
        const standing = await this.#member.commit(offsets, signal)
        if (standing === 'expelled') this.#end('the group has given its partitions to others')
        return standing === 'member'
      } catch (error) {
        signal.throwIfAborted()
        if (!isRetryable(error)) throw error
        await sleep(RETRY_MS, signal)
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort()
    await this.#beating
  }

  /** Until the generation is over. */
  async #beat(): Promise<void> {
    const { heartbeatIntervalMs, sessionTimeoutMs, rebalanceTimeoutMs } = this.#options
    const over = this.#over.signal
    let heardAt = performance.now()
    let revokedAt = Infinity
    while (!over.aborted && !this.#lost.signal.aborted) {
      await sleep(heartbeatIntervalMs, over).catch(() => undefined)
      if (over.aborted) return
      const askedAt = performance.now()
      const standing = await this.#standing()
      if (standing === 'expelled') this.#end('the group has given its partitions to others')
      if (standing !== 'unknown') heardAt = askedAt
      if (standing === 'rebalancing' && revokedAt === Infinity) {
        revokedAt = askedAt
        this.#revoked.abort(new PartitionsRevoked('its group shares the partitions out anew'))
      }
      const now = performance.now()
      if (now - heardAt >= sessionTimeoutMs) this.#end('the brokers have not answered for a whole session')
      if (now - revokedAt >= rebalanceTimeoutMs * SHARE_OF_REBALANCE) {
        this.#end('its group waits for it to join again')
      }
    }
  }

  async #standing(): Promise<'member' | 'rebalancing' | 'expelled' | 'unknown'> {
    try {
      return await this.#member.heartbeat(this.#over.signal)
    } catch {
      // An outage is told of where it is met, and what is refused is refused at the next commit or join, too.
      return 'unknown'
    }
  }

  #end(why: string): void {
    const reason = new PartitionsRevoked(why)
    this.#revoked.abort(reason)
    this.#lost.abort(reason)
  }
}

/** Reason of the signals of a generation. */
class PartitionsRevoked extends KafkaError {
  constructor(why: string) {
    super(
      `This member of a consumer group has to let go of its partitions: ${why}. What is not acknowledged comes again, here or at another member.`,
      { code: 'KAFKA_PARTITIONS_REVOKED' },
    )
  }
}
