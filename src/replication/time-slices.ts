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

/** The first slice of a window that begins behind `after`. @param now by the source's clock */
export function firstSlice(after: Instant, now: Instant): TimeSlice {
  return sliceOf(secondOf(after), LONGEST_MS, now)
}

/** What comes behind a slice that has an end: longer than it, since what made it short may be over. */
export function sliceBehind(after: Instant, until: Instant, now: Instant): TimeSlice {
  return sliceOf(until, Math.min(LONGEST_MS, 2 * (until - after)), now)
}

/** The first half of a slice, up to `now` where its end is open; undefined if that is a second or less. */
export function firstHalf({ after, until }: TimeSlice, now: Instant): TimeSlice | undefined {
  const seconds = Math.floor(((until ?? now) - after) / SECOND_MS)
  if (seconds <= 1) return undefined
  return { after, until: instant(after + Math.floor(seconds / 2) * SECOND_MS) }
}

/** What is stamped with this second. */
export function sliceOfSecond(second: Instant): TimeSlice {
  return { after: instant(second - SECOND_MS), until: second }
}

/** Only what lies wholly in the past has an end: what changes meanwhile has to be seen, too (R4). */
function sliceOf(after: Instant, length: Millis, now: Instant): TimeSlice {
  const until = instant(after + length)
  return { after, until: until < now ? until : null }
}
