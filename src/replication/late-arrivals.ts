/**
 * How long after their stamp changes show up, and how far an update's window looks back for that (R4). What shows up later than
 * the overlap is in no window: the overlap widens while that is near, and narrows again when it is over.
 */
import type { Millis } from '../domain/instant.ts'
import type { ResourceName } from '../domain/resource.ts'

/** Of each resource, the latest ones that were seen under the overlap as it is. */
const REMEMBERED = 2_000
/** Fewer changes say nothing. */
const FEWEST_TO_WIDEN = 300
/** Late ones come in waves: that there are none for a while is no end of it. */
const FEWEST_TO_NARROW = 1_000
const QUANTILE = 0.999
/** From here on of the overlap, the next change may be the one that is too late for it. */
const NEAR = 0.8
/** Up to here of the narrower overlap, it is enough by far. */
const OVER = 0.5

export interface OverlapReview {
  /** Of the next windows. */
  readonly overlap: Millis
  /** `UPDATE_OVERLAP` */
  readonly setting: Millis
  /** 99.9 % of the latest changes came no later than that behind the watermark; null while they are too few. */
  readonly lateness: Millis | null
  /** Somebody should look: the overlap is wider than the setting, or changes come near its end. */
  readonly isLate: boolean
}

export interface LateArrivalsOptions {
  /** `UPDATE_OVERLAP` */
  readonly overlap: Millis
  /** `UPDATE_OVERLAP_MAX` */
  readonly most: Millis
  /** Of the last update of an earlier process. @default none has widened it */
  readonly before?: ReadonlyMap<ResourceName, Millis>
}

/** All passes of a feed share one. */
export class LateArrivals {
  readonly #setting: Millis
  readonly #most: Millis
  readonly #overlaps = new Map<ResourceName, Millis>()
  readonly #lateness = new Map<ResourceName, Millis[]>()

  constructor({ overlap, most, before = new Map() }: LateArrivalsOptions) {
    this.#setting = overlap
    this.#most = Math.max(overlap, most)
    for (const [resource, wider] of before) this.#overlaps.set(resource, this.#bounded(wider))
  }

  /** How far behind the watermark the next update's window begins. */
  overlapOf(resource: ResourceName): Millis {
    return this.#overlaps.get(resource) ?? this.#setting
  }

  /** Of changes that an update has brought: how far their stamps lay behind its watermark, 0 for those behind which it lay. */
  note(resource: ResourceName, lateness: readonly Millis[]): void {
    const all = [...(this.#lateness.get(resource) ?? []), ...lateness]
    this.#lateness.set(resource, all.slice(-REMEMBERED))
  }

  /** At the end of each update: whether the next one looks back further, or less far. */
  review(resource: ResourceName): OverlapReview {
    const setting = this.#setting
    const seen = this.#lateness.get(resource) ?? []
    const lateness = seen.length < FEWEST_TO_WIDEN ? null : quantile(seen)
    const before = this.overlapOf(resource)
    const overlap = lateness === null ? before : this.#next(before, lateness, seen.length)
    if (overlap !== before) {
      this.#overlaps.set(resource, overlap)
      // What was seen through another window says nothing of this one.
      this.#lateness.delete(resource)
    }
    const isNear = lateness !== null && setting > 0 && lateness > NEAR * before
    return { overlap, setting, lateness, isLate: overlap > setting || isNear }
  }

  #next(overlap: Millis, lateness: Millis, count: number): Millis {
    if (lateness > NEAR * overlap) return this.#bounded(2 * overlap)
    const narrower = this.#bounded(overlap / 2)
    return count >= FEWEST_TO_NARROW && lateness <= OVER * narrower ? narrower : overlap
  }

  #bounded(overlap: Millis): Millis {
    return Math.round(Math.min(this.#most, Math.max(this.#setting, overlap)))
  }
}

/** By the nearest rank. */
function quantile(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.ceil(QUANTILE * sorted.length) - 1] ?? 0
}
