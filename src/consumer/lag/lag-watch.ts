/** The groups of some topics, looked at again and again. */
import { instant, type Instant } from '../../domain/instant.ts'
import type { KafkaCluster } from '../../kafka/cluster.ts'
import type { GroupLag } from './group-lag.ts'
import { LagHistory } from './lag-history.ts'
import { observeGroups } from './observation.ts'
import { UnreadCounter } from './unread.ts'

export interface LagWatchOptions {
  readonly cluster: KafkaCluster
  /** Full names; those that do not exist have no groups. */
  readonly topics: readonly string[]
  /** @default all that have committed an offset of one of the topics */
  readonly groups?: readonly string[]
  /** @default the system's clock */
  readonly now?: () => Instant
}

export interface LagReport {
  readonly at: Instant
  /** By their ids. */
  readonly groups: readonly GroupLag[]
  /** Of the groups that were named, those that have committed no offset of the topics. */
  readonly absent: readonly string[]
}

/** Rates and verdicts come from the last ten looks. Between looks nothing is open. */
export class LagWatch {
  readonly #options: LagWatchOptions
  readonly #counter: UnreadCounter
  readonly #history = new LagHistory()

  constructor(options: LagWatchOptions) {
    this.#options = options
    this.#counter = new UnreadCounter(options.cluster)
  }

  /** Reads a few MiB of each partition at most that a group has not read. @throws {KafkaError} */
  async look(signal: AbortSignal): Promise<LagReport> {
    const { now = () => instant(Date.now()) } = this.#options
    const observation = await observeGroups({ ...this.#options, counter: this.#counter, now }, signal)
    const groups = this.#history.take(observation)
    const present = new Set(groups.map(({ group }) => group))
    const absent = [...new Set(this.#options.groups)].filter((group) => !present.has(group))
    return { at: observation.at, groups, absent }
  }
}

/**
 * The lag of one group, by one look: without a rate, and with a verdict only where that needs none. Undefined if the group
 * has committed no offset of the topics.
 *
 * @throws {KafkaError}
 */
export async function lagOfGroup(
  cluster: KafkaCluster,
  { group, topics }: { readonly group: string; readonly topics: readonly string[] },
  signal: AbortSignal,
): Promise<GroupLag | undefined> {
  const { groups } = await new LagWatch({ cluster, topics, groups: [group] }).look(signal)
  return groups.find((lag) => lag.group === group)
}
