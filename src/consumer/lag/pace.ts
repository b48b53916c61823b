/** How often a group commits, as far as looks at it tell. */
import type { Instant, Millis } from '../../domain/instant.ts'

/** A partition of a group at one time. */
export interface Sample {
  readonly at: Instant
  readonly committed: number
  /** Last stable offset. */
  readonly end: number
  readonly unread: number
}

/** How many pauses count: one that was an outage is forgotten. */
const PAUSES = 10

export interface Pace {
  readonly last: Sample
  /** The look since which it has not moved with something to read. */
  readonly still: Instant
  /** The look before it moved last; null if it was not seen to move since it had read everything. */
  readonly from: Instant | null
  /** Between two commits while there was something to read, at the longest that they may have been. */
  readonly pauses: readonly Millis[]
}

export function paceAfter(before: Pace | undefined, sample: Sample): Pace {
  const { at, committed, unread } = sample
  if (before === undefined) return { last: sample, still: at, from: null, pauses: [] }
  const { last, from, pauses } = before
  // It had nothing to commit: that is no pause of its own.
  if (last.unread === 0) return { last: sample, still: at, from: null, pauses }
  if (committed === last.committed && unread > 0) return { ...before, last: sample }
  // Set back by somebody, or lacking only what vanished: no commit.
  if (committed <= last.committed) return { last: sample, still: at, from: null, pauses }
  // Of the first pause the beginning was not seen.
  const seen = from === null ? pauses : [...pauses, at - from].slice(-PAUSES)
  return { last: sample, still: at, from: last.at, pauses: seen }
}

/** @param samples in order of time, at least one */
export function paceOf(samples: readonly Sample[]): Pace | undefined {
  return samples.reduce<Pace | undefined>(paceAfter, undefined)
}
