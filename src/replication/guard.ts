/** R10: when a mass delete is held for an operator instead of being emitted. */

export interface GuardLimits {
  /** `PURGE_MAX_DELETES` */
  readonly maxDeletes: number
  /** `PURGE_MAX_RATIO`, 0 to 1 */
  readonly maxRatio: number
  /** `PURGE_HARD_MAX` */
  readonly hardMax: number
  /** Half of the resource may go at once: its records leave by themselves. */
  readonly mayHalve: boolean
}

export interface Shrinkage {
  /** Live records before the sweep. */
  readonly live: number
  readonly deletes: number
}

export type GuardVerdict =
  | { readonly kind: 'clear' }
  | { readonly kind: 'held'; readonly why: string }
  /** It would be held for that reason, but an operator approved up to so many deletes of this sweep. */
  | { readonly kind: 'approved'; readonly why: string; readonly upTo: number }

/** Half of a feed is never normal; below ten records it may well be. */
const HALF_APPLIES_FROM = 10

/** `byMls` splits the feed by `MlsId`: an MLS that leaves a data share can be small against the whole. */
export function judgeDeletes(
  limits: GuardLimits,
  feed: Shrinkage,
  byMls: ReadonlyMap<string, Shrinkage>,
): GuardVerdict {
  if (feed.deletes > limits.hardMax) {
    return held(`${feed.deletes} deletes are above PURGE_HARD_MAX (${limits.hardMax})`)
  }
  if (!limits.mayHalve && feed.deletes >= HALF_APPLIES_FROM && feed.deletes * 2 >= feed.live) {
    return held(`${feed.deletes} deletes are half of the feed's ${feed.live} records or more`)
  }
  if (exceeds(limits, feed)) return held(describe(limits, feed, 'the feed'))
  for (const [mlsId, part] of byMls) {
    if (exceeds(limits, part)) return held(describe(limits, part, `MLS ${mlsId}`))
  }
  return { kind: 'clear' }
}

/** The approval is for a number: a sweep that comes to more than the operator had seen is still held. */
export function withApproval(verdict: GuardVerdict, deletes: number, upTo: number | undefined): GuardVerdict {
  if (verdict.kind !== 'held' || upTo === undefined) return verdict
  if (deletes === 0) return held(`${verdict.why}; none of them is proved to be gone`)
  if (deletes > upTo) return held(`${verdict.why}; ${upTo} were approved, and it would be ${deletes} or more`)
  return { kind: 'approved', why: verdict.why, upTo }
}

function exceeds(limits: GuardLimits, part: Shrinkage): boolean {
  return part.deletes > limits.maxDeletes && part.deletes > part.live * limits.maxRatio
}

function describe(limits: GuardLimits, part: Shrinkage, what: string): string {
  return `${part.deletes} of ${part.live} records of ${what} would be deleted, above PURGE_MAX_DELETES (${limits.maxDeletes}) and PURGE_MAX_RATIO (${limits.maxRatio})`
}

function held(why: string): GuardVerdict {
  return { kind: 'held', why }
}
