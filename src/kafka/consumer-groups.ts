/** Consumer groups as the brokers know them: who there is, and how far each has come. */
import type { Admin } from 'kafkajs'

import { sleep } from '../support/abort.ts'
import { slices } from '../support/slices.ts'
import { protocolTypeOf } from './client-failure.ts'
import type { KafkaCluster } from './cluster.ts'

/** Groups whose protocol has no committed offsets of topics. */
const WITHOUT_OFFSETS: ReadonlySet<string> = new Set(['share', 'connect'])
/** A group that was deleted since it was listed, or that is not ours to see. */
const GONE: ReadonlySet<string | undefined> = new Set([
  'GROUP_ID_NOT_FOUND',
  'INVALID_GROUP_ID',
  'GROUP_AUTHORIZATION_FAILED',
])
/** A coordinator moves, or is not loaded yet; kafkajs gives these questions no second try. */
const PASSING: ReadonlySet<string | undefined> = new Set([
  'NOT_COORDINATOR_FOR_GROUP',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'GROUP_LOAD_IN_PROGRESS',
])
const COORDINATOR_POLL_MS = 100
const COORDINATOR_TIMEOUT_MS = 15_000
/** Of one connection: the answers must fit into the time of a question. */
const GROUPS_AT_ONCE = 50

export interface ConsumerGroup {
  readonly id: string
  /** How many take part now; null of a group that the classic protocol does not show (KIP-848). */
  readonly members: number | null
  /** By topic, then by partition: the next offset that it would read; null where it has committed none. */
  readonly committed: ReadonlyMap<string, readonly (number | null)[]>
}

/**
 * Groups that have committed an offset of one of these topics, by id. Topics that do not exist have none. Waits while a group
 * has no coordinator that answers.
 */
export async function consumerGroups(
  cluster: KafkaCluster,
  { topics, groups }: { readonly topics: readonly string[]; readonly groups?: readonly string[] },
  signal: AbortSignal,
): Promise<readonly ConsumerGroup[]> {
  const existing = await cluster.existingTopics(topics, signal)
  if (existing.length === 0) return []
  const ids = (groups ?? (await listGroups(cluster, signal))).toSorted()
  const found: ConsumerGroup[] = []
  for (const some of slices(ids, GROUPS_AT_ONCE)) {
    const answers = await patiently(cluster, signal, (admin) => readGroups(admin, some, existing))
    found.push(...answers)
  }
  return found
}

async function patiently<T>(
  cluster: KafkaCluster,
  signal: AbortSignal,
  work: (admin: Admin) => Promise<T>,
): Promise<T> {
  const deadline = performance.now() + COORDINATOR_TIMEOUT_MS
  for (;;) {
    try {
      return await cluster.ask('Asking for consumer groups', signal, work)
    } catch (error) {
      if (!PASSING.has(protocolTypeOf(error)) || performance.now() > deadline) throw error
      await sleep(COORDINATOR_POLL_MS, signal)
    }
  }
}

function listGroups(cluster: KafkaCluster, signal: AbortSignal): Promise<readonly string[]> {
  return patiently(cluster, signal, async (admin) => {
    const { groups } = await admin.listGroups()
    const ids = groups.filter(({ protocolType }) => !WITHOUT_OFFSETS.has(protocolType))
    return [...new Set(ids.map(({ groupId }) => groupId))]
  })
}

async function readGroups(
  admin: Admin,
  ids: readonly string[],
  topics: readonly string[],
): Promise<readonly ConsumerGroup[]> {
  const found: Omit<ConsumerGroup, 'members'>[] = []
  for (const id of ids) {
    const committed = await committedOffsets(admin, id, topics)
    if (committed.size > 0) found.push({ id, committed })
  }
  const members = await memberCounts(
    admin,
    found.map(({ id }) => id),
  )
  return found.map((group) => ({ ...group, members: members.get(group.id) ?? null }))
}

async function committedOffsets(
  admin: Admin,
  groupId: string,
  topics: readonly string[],
): Promise<ConsumerGroup['committed']> {
  try {
    const answers = await admin.fetchOffsets({ groupId, topics: [...topics] })
    const byTopic = answers.map(({ topic, partitions }) => {
      const offsets: (number | null)[] = []
      for (const { partition, offset } of partitions)
        offsets[partition] = Number(offset) < 0 ? null : Number(offset)
      return [topic, Array.from(offsets, (offset) => offset ?? null)] as const
    })
    return new Map(byTopic.filter(([, offsets]) => offsets.some((offset) => offset !== null)))
  } catch (error) {
    if (GONE.has(protocolTypeOf(error))) return new Map()
    throw error
  }
}

/**
 * A group of the new protocol is `Dead` in the classic answer, whether it lives or not, and so is one that there is not
 * (docs/kafka.md §7).
 */
async function memberCounts(admin: Admin, ids: readonly string[]): Promise<ReadonlyMap<string, number>> {
  if (ids.length === 0) return new Map()
  const { groups } = await admin.describeGroups([...ids])
  const known = groups.filter(({ state }) => state !== 'Dead')
  return new Map(known.map(({ groupId, members }) => [groupId, members.length]))
}
