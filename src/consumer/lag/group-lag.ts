/** The lag of a group, as a value. Times are milliseconds. */
import type { Instant, Millis } from '../../domain/instant.ts'
import type { DeleteRisk, DeleteState } from './deletes.ts'
import type { Verdict } from './verdict.ts'

interface Lag {
  readonly verdict: Verdict
  /** Records that a read-committed reader would still get, up to the last stable offset. */
  readonly behind: number
  /** False: `behind` is estimated from samples. */
  readonly exact: boolean
  /** When the oldest of them was written; null if there is none. */
  readonly oldestUnreadAt: Instant | null
  /** Since then; 0 if it has read everything. */
  readonly behindMs: Millis
  /** Records a second, in the window; null after one look. */
  readonly rate: number | null
  /** At this rate, less what is added; 0 if it has read everything, null if it gains no ground or that is not known. */
  readonly catchUpMs: Millis | null
  readonly deletes: DeleteRisk
}

export interface PartitionLag {
  readonly partition: number
  readonly verdict: Verdict
  /** The next offset that the group would read. */
  readonly committed: number
  /** Last stable offset. */
  readonly end: number
  readonly behind: number
  readonly exact: boolean
}

export interface TopicLag extends Lag {
  readonly topic: string
  readonly partitions: readonly PartitionLag[]
  /** Partitions that hold something and of which the group has committed no offset: what it has of them is not known. */
  readonly uncommitted: number
  /** It stands beyond the last stable offset: it reads what is not committed, or the topic was made anew. */
  readonly beyondEnd: boolean
}

/** Over all topics; its verdict and its deletes are the gravest, its times the longest of theirs. */
export interface GroupLag extends Lag {
  readonly group: string
  /** Null of a group of the new protocol (KIP-848), which does not show them. */
  readonly members: number | null
  readonly topics: readonly TopicLag[]
}

export type LagFigures = Omit<Lag, 'verdict' | 'deletes'>

export function sumOf(parts: readonly LagFigures[]): LagFigures {
  const oldest = parts.flatMap(({ oldestUnreadAt }) => (oldestUnreadAt === null ? [] : [oldestUnreadAt]))
  return {
    behind: parts.reduce((sum, { behind }) => sum + behind, 0),
    exact: parts.every(({ exact }) => exact),
    oldestUnreadAt: oldest.toSorted((a, b) => a - b)[0] ?? null,
    behindMs: Math.max(0, ...parts.map(({ behindMs }) => behindMs)),
    rate: allOrNull(parts.map(({ rate }) => rate))?.reduce((sum, rate) => sum + rate, 0) ?? null,
    catchUpMs: longest(parts.map(({ catchUpMs }) => catchUpMs)),
  }
}

function longest(times: readonly (Millis | null)[]): Millis | null {
  const known = allOrNull(times)
  return known === null ? null : Math.max(0, ...known)
}

function allOrNull<T>(values: readonly (T | null)[]): readonly T[] | null {
  const known = values.filter((value) => value !== null)
  return known.length === values.length ? known : null
}

/** From the gravest on. */
const GRAVITY: readonly DeleteState[] = ['may_have_lost', 'passed_gap', 'will_lose', 'safe']

export function gravestRisk(risks: readonly DeleteRisk[]): DeleteRisk {
  const state = GRAVITY.find((one) => risks.some((risk) => risk.state === one)) ?? 'safe'
  const left = risks.flatMap(({ leftMs }) => (leftMs === null ? [] : [leftMs]))
  return { state, leftMs: left.length === 0 ? null : Math.min(...left) }
}
