/** How a group does, by how it moved in a window of observations: it is compared with itself, so there is no threshold to set. */
import type { Instant, Millis } from '../../domain/instant.ts'
import { paceOf, type Pace, type Sample } from './pace.ts'

/**
 * - `ok`: it has read everything, or had within the window, or it gains ground.
 * - `slow`: it reads, and falls back further in every step of the window.
 * - `stalled`: there is something to read, it has members or does not show them, and its offset has not moved for longer than
 *   it pauses between its commits.
 * - `stopped`: there is something to read, it has no members, and its offset does not move.
 * - `rewound`: its offset was set back.
 * - `unknown`: it has something to read, and was not seen to commit; that was too short to tell.
 */
export type Verdict = 'ok' | 'slow' | 'stalled' | 'stopped' | 'rewound' | 'unknown'

/**
 * A group that was never seen to commit has no pace of its own. Of the stock tools Kafka Connect commits most seldom, once a
 * minute (`offset.flush.interval.ms`): twice that without a commit tells.
 */
const SLOWEST_PACE_MS = 2 * 60_000

/**
 * @param samples in order of time, at least one
 * @param pace as far as it is known beyond the samples
 */
export function verdictOf(
  samples: readonly Sample[],
  members: number | null,
  pace: Pace | undefined = paceOf(samples),
): Verdict {
  const [first] = samples
  const last = samples.at(-1)
  if (first === undefined || last === undefined || last.unread === 0) return 'ok'
  if (steps(samples).some(([before, after]) => after.committed < before.committed)) return 'rewound'
  if (samples.length === 1) return members === 0 ? 'stopped' : 'unknown'
  if (samples.some(({ unread }) => unread === 0)) return 'ok'
  if (pace !== undefined && isOverdue(pace, last.at, first.at)) return members === 0 ? 'stopped' : 'stalled'
  if (!hasMoved(samples)) return members === 0 ? 'stopped' : 'unknown'
  const fallsBack = steps(samples).every(([before, after]) => distance(after) >= distance(before))
  return fallsBack && distance(last) > distance(first) ? 'slow' : 'ok'
}

/** A few short pauses do not make the next one a fault: it must also be as long as the time before it in the window. */
function isOverdue({ still, pauses }: Pace, now: Instant, begin: Instant): boolean {
  const stood: Millis = now - still
  if (pauses.length === 0) return stood > SLOWEST_PACE_MS
  return stood > Math.max(...pauses) && stood >= still - begin
}

export function hasMoved(samples: readonly Sample[]): boolean {
  const [first] = samples
  const last = samples.at(-1)
  return first !== undefined && last !== undefined && last.committed > first.committed
}

/** In offsets: an estimate of what is unread may err from one look to the next. */
function distance({ committed, end }: Sample): number {
  return end - committed
}

function steps<T>(items: readonly T[]): readonly (readonly [T, T])[] {
  return items.slice(1).map((item, i) => [items[i] ?? item, item] as const)
}

/** From the gravest on. */
const GRAVITY: readonly Verdict[] = ['stopped', 'stalled', 'rewound', 'slow', 'unknown', 'ok']

export function gravest(verdicts: readonly Verdict[]): Verdict {
  return GRAVITY.find((verdict) => verdicts.includes(verdict)) ?? 'ok'
}

export interface Speed {
  /** Records that the group gets through in a second. */
  readonly rate: number
  /** The same, less those that are added. */
  readonly gain: number
}

/** Since the group was last set back; null if it was seen only once since then. */
export function speedOf(samples: readonly Sample[]): Speed | null {
  const turn = steps(samples).findLastIndex(([before, after]) => after.committed < before.committed)
  const since = samples.slice(turn + 1)
  const [first] = since
  const last = since.at(-1)
  if (first === undefined || last === undefined || last.at <= first.at) return null
  const seconds = (last.at - first.at) / 1000
  const density = densityOf(since)
  return {
    rate: ((last.committed - first.committed) * density) / seconds,
    gain: ((distance(first) - distance(last)) * density) / seconds,
  }
}

/** Records an offset, by the longest stretch that was counted. */
function densityOf(samples: readonly Sample[]): number {
  const longest = samples.toSorted((a, b) => distance(b) - distance(a))[0]
  return longest === undefined || distance(longest) <= 0 || longest.unread === 0
    ? 1
    : longest.unread / distance(longest)
}
