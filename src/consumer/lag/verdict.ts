/** How a group does, by how it moved in a window of observations: it is compared with itself, so there are no thresholds. */
import type { Instant } from '../../domain/instant.ts'

/**
 * - `ok`: it has read everything, or had within the window, or it gains ground.
 * - `slow`: it reads, and falls back further in every step of the window.
 * - `stalled`: there is something to read, it has members or does not show them, and its offset has not moved.
 * - `stopped`: the same, and it has no members.
 * - `rewound`: its offset was set back.
 * - `unknown`: it was seen once, and has something to read.
 */
export type Verdict = 'ok' | 'slow' | 'stalled' | 'stopped' | 'rewound' | 'unknown'

/** A partition of a group at one time. */
export interface Sample {
  readonly at: Instant
  readonly committed: number
  /** Last stable offset. */
  readonly end: number
  readonly unread: number
}

/** @param samples in order of time, at least one */
export function verdictOf(samples: readonly Sample[], members: number | null): Verdict {
  const [first] = samples
  const last = samples.at(-1)
  if (first === undefined || last === undefined || last.unread === 0) return 'ok'
  if (steps(samples).some(([before, after]) => after.committed < before.committed)) return 'rewound'
  if (samples.length === 1) return members === 0 ? 'stopped' : 'unknown'
  if (samples.some(({ unread }) => unread === 0)) return 'ok'
  if (last.committed === first.committed) return members === 0 ? 'stopped' : 'stalled'
  const fallsBack = steps(samples).every(([before, after]) => distance(after) >= distance(before))
  return fallsBack && distance(last) > distance(first) ? 'slow' : 'ok'
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
