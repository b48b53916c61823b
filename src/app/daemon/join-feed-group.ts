/** Membership of the group of `GROUP_ID`, in the topic whose partitions are the feeds. */
import type { Settings } from '../../config/settings.ts'
import { connectKafka, type KafkaCluster } from '../../kafka/cluster.ts'
import { GroupMember } from '../../kafka/group-member.ts'
import type { KafkaSettings } from '../../kafka/settings.ts'
import { stickyAssignor } from '../../kafka/sticky-assignor.ts'
import type { Logger } from '../../ops/logger.ts'
import type { Clock } from '../../replication/ports.ts'
import { waitAfter, type Backoff } from '../../support/backoff.ts'
import { firstOfSeries } from '../../support/first-of-series.ts'
import { isRetryable } from '../../support/errors.ts'
import type { FeedGroup } from './feed-group.ts'

/** The least that brokers allow unless told otherwise (group.min.session.timeout.ms). */
const SESSION_MS = 6_000
const REBALANCE_MS = 20_000
const LEAVE_TIMEOUT_MS = 3_000
const BACKOFF: Backoff = { baseMs: 1_000, capMs: 15_000 }
const QUIET_MS = 60_000

export interface GroupOptions {
  readonly kafka: KafkaSettings
  /** Whether and how topics are made. */
  readonly topics: Pick<Settings['topics'], 'create' | 'replicationFactor'>
  readonly feeds: number
  readonly clock: Pick<Clock, 'sleep'>
  readonly logger: Logger
}

/** Has its feeds shared until the signal aborts; leaves the group when they have ended. Always rejects. */
export async function keepInGroup(
  group: FeedGroup,
  options: GroupOptions,
  signal: AbortSignal,
): Promise<never> {
  const topic = `${group.id}.feeds`
  await using cluster = await connected(options, topic, signal)
  await using member = new GroupMember(cluster, {
    groupId: group.id,
    topics: [topic],
    sessionTimeoutMs: SESSION_MS,
    rebalanceTimeoutMs: REBALANCE_MS,
    assignor: stickyAssignor({
      holdings: () => group.holdings(),
      onAgreement: (agrees) => group.agreed(agrees),
    }),
  })
  try {
    return await group.run(member, signal)
  } finally {
    // If it cannot be said, the session times out.
    await member.leave(AbortSignal.timeout(LEAVE_TIMEOUT_MS)).catch(() => undefined)
  }
}

/** An outage is waited out, as a feed's own start waits. */
async function connected(
  { kafka, topics: { create, replicationFactor }, feeds, clock, logger }: GroupOptions,
  topic: string,
  signal: AbortSignal,
): Promise<KafkaCluster> {
  const tell = firstOfSeries(QUIET_MS, (err: unknown) =>
    logger.error({ err, topic }, 'the group of instances cannot be joined yet: it waits until this is over'),
  )
  for (let failures = 0; ; failures += 1) {
    await using opened = new AsyncDisposableStack()
    try {
      const cluster = opened.use(await connectKafka(kafka, signal))
      if (create) {
        const replication = replicationFactor === null ? {} : { replicationFactor }
        const configs = { 'cleanup.policy': 'compact' }
        // Brokers refuse to whoever may make none even one that is there.
        const isThere = (await cluster.existingTopics([topic], signal)).length > 0
        const spec = { name: topic, partitions: feeds, configs, ...replication }
        if (!isThere) await cluster.createTopics([spec], signal)
        await cluster.growTopic(topic, feeds, signal)
      } else await cluster.partitionCount(topic, signal)
      opened.move()
      return cluster
    } catch (error) {
      signal.throwIfAborted()
      if (!isRetryable(error)) throw error
      tell(error)
      await clock.sleep(waitAfter(BACKOFF, failures, undefined, Math.random), signal)
    }
  }
}
