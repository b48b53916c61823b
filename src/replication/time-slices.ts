/** How an update's window is cut into slices of time. Each begins where the one before it ends, so that they leave nothing out. */
import { instant, type Instant, type Millis } from '../domain/instant.ts'
import type { TimeSlice } from '../domain/pass.ts'

const SECOND_MS = 1_000
/** A filter over more is likely to take the source too long (docs/spark-api.md §3.3, 1516). */
const LONGEST_MS = 24 * 3_600_000

/** The second that a time lies in, as filters name it. */
export function secondOf(at: Instant): Instant {
  return instant(Math.floor(at / SECOND_MS) * SECOND_MS)
}

/** What the slices of a window are cut by. */
export interface Cuts {
  /** By the source's clock. */
  readonly now: Instant
  /** Seconds that no slice holds, since each is asked for by itself. */
  readonly owed: readonly Instant[]
}

/** The first slice of a window that begins behind `after`. */
export function firstSlice(after: Instant, cuts: Cuts): TimeSlice {
  return sliceOf(secondOf(after), LONGEST_MS, cuts)
}

/** What comes behind a slice that has an end: longer than it, since what made it short may be over. */
export function sliceBehind(after: Instant, until: Instant, cuts: Cuts): TimeSlice {
  return sliceOf(until, Math.min(LONGEST_MS, 2 * (until - after)), cuts)
}

/** The first half of a slice, up to `now` where its end is open; undefined if that is a second or less. */
export function firstHalf({ after, until }: TimeSlice, now: Instant): TimeSlice | undefined {
  const seconds = Math.floor(((until ?? now) - after) / SECOND_MS)
  if (seconds <= 1) return undefined
  return { after, until: later(after, Math.floor(seconds / 2) * SECOND_MS) }
}

/** What is stamped with this second. */
export function sliceOfSecond(second: Instant): TimeSlice {
  return { after: later(second, -SECOND_MS), until: second }
}

function sliceOf(from: Instant, length: Millis, { now, owed }: Cuts): TimeSlice {
  let after = from
  while (owed.includes(later(after, SECOND_MS))) after = later(after, SECOND_MS)
  const end = later(after, length)
  // Only what lies wholly in the past has an end: what changes meanwhile has to be seen, too (R4).
  const until = end < now ? end : null
  const cut = owed
    .filter((second) => second > after && (until === null || second <= until))
    .toSorted(ascending)[0]
  return { after, until: cut === undefined ? until : later(cut, -SECOND_MS) }
}

function later(at: Instant, by: Millis): Instant {
  return instant(at + by)
}

function ascending(a: number, b: number): number {
  return a - b
}
