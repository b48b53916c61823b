import { instant, type Instant } from '../../domain/instant.ts'
import type { ListingstreamError } from '../../support/errors.ts'

/** One record may be closed to the key for reasons of its own. */
const REFUSED_IN_A_ROW = 3
const LEFT_ALONE_MS = 24 * 3_600_000

export interface LeftAlone {
  readonly until: Instant
  /** What the source said last. */
  readonly error: ListingstreamError
}

/**
 * Of which MLSs the source refuses a kind of sets. In a data share each MLS gives its own rights (docs/spark-api.md §4.9): what
 * one refuses is no word about another.
 */
export class Refusals {
  readonly #byMls = new Map<string | null, { inARow: number; leftAlone: LeftAlone | undefined }>()

  /** Whether the sets of the MLS are left alone from now on. */
  refused(mlsId: string | null, error: ListingstreamError, now: Instant): boolean {
    const known = this.#byMls.get(mlsId) ?? { inARow: 0, leftAlone: undefined }
    known.inARow += 1
    this.#byMls.set(mlsId, known)
    if (known.inARow < REFUSED_IN_A_ROW) return false
    known.inARow = 0
    known.leftAlone = { until: instant(now + LEFT_ALONE_MS), error }
    return true
  }

  /** Whether they had been left alone. */
  answered(mlsId: string | null): boolean {
    const known = this.#byMls.get(mlsId)
    this.#byMls.delete(mlsId)
    return known?.leftAlone !== undefined
  }

  /** None is left alone any longer, until it is refused again. */
  askAgain(now: Instant): void {
    for (const known of this.#byMls.values()) {
      if (known.leftAlone !== undefined) known.leftAlone = { ...known.leftAlone, until: now }
    }
  }

  /** Undefined if they may be asked for. */
  leftAlone(mlsId: string | null, now: Instant): LeftAlone | undefined {
    const leftAlone = this.#byMls.get(mlsId)?.leftAlone
    return leftAlone !== undefined && leftAlone.until > now ? leftAlone : undefined
  }
}
