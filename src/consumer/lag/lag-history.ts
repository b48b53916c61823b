/** What observations in a row tell of each group: a window of them, and what lasts beyond it. */
import type { Instant } from '../../domain/instant.ts'
import { deletesOf, type DeleteRisk } from './deletes.ts'
import { gravestRisk, sumOf, type GroupLag, type PartitionLag, type TopicLag } from './group-lag.ts'
import type { GroupObservation, Observation, PartitionObservation, TopicObservation } from './observation.ts'
import { paceAfter, type Pace, type Sample } from './pace.ts'
import { gravest, hasMoved, speedOf, verdictOf, type Speed, type Verdict } from './verdict.ts'

/** How many observations the window has. */
export const WINDOW = 10

/** Whose rate is that since it has stood. */
const STANDING: ReadonlySet<Verdict> = new Set(['stalled', 'stopped'])
/** The whole arrives when each partition does: none that stands, falls back or was not seen to move. */
const ARRIVING: ReadonlySet<Verdict> = new Set(['ok', 'rewound'])

/** What is remembered of a group on a topic. */
interface Memory {
  /** When it began to read the topic, at the earliest; null if it was there before the first observation. */
  since: Instant | null
  /** Where it stood when records before it might be gone, by partition. */
  readonly gone: Map<number, number>
  passedGap: boolean
  readonly samples: Map<number, Sample[]>
  readonly paces: Map<number, Pace>
}

/** Memory follows the number of groups that the last observation had. */
export class LagHistory {
  #memories = new Map<string, Memory>()
  #before: Instant | null = null

  /** Takes an observation, which must be later than those before, and tells how every group of it stands. */
  take({ at, groups }: Observation): readonly GroupLag[] {
    const memories = new Map<string, Memory>()
    const lags = groups.map((group) => {
      const topics = group.topics.map((topic) => {
        const id = JSON.stringify([group.group, topic.topic])
        const memory = this.#memories.get(id) ?? newMemory(this.#before)
        memories.set(id, memory)
        return this.#topicLag(group, topic, memory, at)
      })
      return groupLag(group, topics)
    })
    this.#memories = memories
    this.#before = at
    return lags
  }

  #topicLag(
    { members }: GroupObservation,
    observed: TopicObservation,
    memory: Memory,
    now: Instant,
  ): TopicLag {
    for (const partition of observed.partitions) this.#remember(partition, memory, now)
    // One that takes its partitions by itself shows no members, and reads.
    const reads = observed.partitions.some(({ partition }) => hasMoved(memory.samples.get(partition) ?? []))
    const shown = reads && members === 0 ? null : members
    const partitions = observed.partitions.map((partition) => partitionLag(partition, memory, shown))
    const verdict = gravest(partitions.map((partition) => partition.verdict))
    const figures = figuresOf(observed.partitions, partitions, memory, now)
    return {
      topic: observed.topic,
      verdict,
      ...figures,
      deletes: riskOf(observed, memory, { now, verdict, catchUpMs: figures.catchUpMs }),
      partitions,
      uncommitted: observed.uncommitted,
      beyondEnd: observed.partitions.some(({ committed, end }) => committed > end),
    }
  }

  #remember({ partition, committed, end, unread }: PartitionObservation, memory: Memory, at: Instant): void {
    const samples = memory.samples.get(partition) ?? []
    const last = samples.at(-1)
    if (last !== undefined && committed < last.committed) {
      // Set back by an operator: that mends what was missed, and what it reads again it has read since then.
      memory.passedGap = false
      memory.gone.clear()
      if (last.unread === 0) memory.since = this.#before
    }
    const sample = { at, committed, end, unread: unread.records }
    memory.samples.set(partition, [...samples, sample].slice(-WINDOW))
    memory.paces.set(partition, paceAfter(memory.paces.get(partition), sample))
  }
}

function newMemory(since: Instant | null): Memory {
  return { since, gone: new Map(), passedGap: false, samples: new Map(), paces: new Map() }
}

function groupLag({ group, members }: GroupObservation, topics: readonly TopicLag[]): GroupLag {
  return {
    group,
    members,
    verdict: gravest(topics.map(({ verdict }) => verdict)),
    ...sumOf(topics),
    deletes: gravestRisk(topics.map(({ deletes }) => deletes)),
    topics,
  }
}

function partitionLag(
  { partition, committed, end, unread }: PartitionObservation,
  { samples, paces }: Memory,
  members: number | null,
): PartitionLag {
  const verdict = verdictOf(samples.get(partition) ?? [], members, paces.get(partition))
  return { partition, verdict, committed, end, behind: unread.records, exact: unread.exact }
}

function figuresOf(
  partitions: readonly PartitionObservation[],
  lags: readonly PartitionLag[],
  { samples, paces }: Memory,
  now: Instant,
): Omit<TopicLag, 'topic' | 'verdict' | 'deletes' | 'partitions' | 'uncommitted' | 'beyondEnd'> {
  const oldest = partitions.flatMap(({ unread }) => (unread.oldestAt === null ? [] : [unread.oldestAt]))
  const oldestUnreadAt = oldest.toSorted((a, b) => a - b)[0] ?? null
  const behind = partitions.reduce((sum, { unread }) => sum + unread.records, 0)
  const speeds = lags.map(({ partition, verdict }) => {
    const seen = samples.get(partition) ?? []
    const still = STANDING.has(verdict) ? paces.get(partition)?.still : undefined
    return speedOf(still === undefined ? seen : seen.filter(({ at }) => at >= still))
  })
  const known = speeds.filter((speed) => speed !== null)
  const speed = known.length < speeds.length ? null : total(known)
  return {
    behind,
    exact: partitions.every(({ unread }) => unread.exact),
    oldestUnreadAt,
    behindMs: oldestUnreadAt === null ? 0 : Math.max(0, now - oldestUnreadAt),
    rate: speed?.rate ?? null,
    catchUpMs: lags.every(({ verdict }) => ARRIVING.has(verdict)) ? catchUpMs(behind, speed) : null,
  }
}

function total(speeds: readonly Speed[]): Speed {
  return {
    rate: speeds.reduce((sum, { rate }) => sum + rate, 0),
    gain: speeds.reduce((sum, { gain }) => sum + gain, 0),
  }
}

function catchUpMs(behind: number, speed: Speed | null): number | null {
  if (behind === 0) return 0
  return speed === null || speed.gain <= 0 ? null : Math.round((behind / speed.gain) * 1000)
}

interface Progress {
  readonly now: Instant
  readonly verdict: Verdict
  readonly catchUpMs: number | null
}

/** Of the group on one topic; what it stands before now weighs more than what it has passed. */
function riskOf(
  { partitions, tombstones }: TopicObservation,
  memory: Memory,
  progress: Progress,
): DeleteRisk {
  const { since } = memory
  const each = partitions.map((partition) => {
    const deletes = deletesOf(partition, tombstones, { now: progress.now, since })
    return { partition, ...deletes }
  })
  for (const { partition, gone } of each) {
    const stood = memory.gone.get(partition.partition)
    if (stood !== undefined && partition.committed > stood) memory.passedGap = true
    if (gone) memory.gone.set(partition.partition, partition.committed)
    else memory.gone.delete(partition.partition)
  }
  const left = each.flatMap(({ leftMs }) => (leftMs === null ? [] : [leftMs]))
  const leftMs = left.length === 0 ? null : Math.min(...left)
  if (each.some(({ gone }) => gone)) return { state: 'may_have_lost', leftMs }
  if (memory.passedGap) return { state: 'passed_gap', leftMs }
  return { state: losesAhead(leftMs, progress) ? 'will_lose' : 'safe', leftMs }
}

/** After one look it is not known whether it moves: only what is overdue is told then. */
function losesAhead(leftMs: number | null, { verdict, catchUpMs: eta }: Progress): boolean {
  if (leftMs === null) return false
  if (leftMs === 0) return true
  if (eta !== null) return eta > leftMs
  return verdict === 'stopped' || verdict === 'stalled' || verdict === 'slow'
}
