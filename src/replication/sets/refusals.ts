import { instant, type Instant } from '../../domain/instant.ts'

/** One record may be closed to the key for reasons of its own. */
const REFUSED_IN_A_ROW = 3
const LEFT_ALONE_MS = 24 * 3_600_000

/**
 * Of which MLSs the source refuses a kind of sets. In a data share each MLS gives its own rights (docs/spark-api.md §5, 9): what
 * one refuses is no word about another.
 */
export class Refusals {
  readonly #byMls = new Map<string | null, { inARow: number; until: Instant | undefined }>()

  /** Whether the sets of the MLS are left alone from now on. */
  refused(mlsId: string | null, now: Instant): boolean {
    const known = this.#byMls.get(mlsId) ?? { inARow: 0, until: undefined }
    known.inARow += 1
    this.#byMls.set(mlsId, known)
    // Asked again after a day, one answer is enough.
    if (known.inARow < REFUSED_IN_A_ROW) return false
    known.until = instant(now + LEFT_ALONE_MS)
    return true
  }

  /** Whether they were left alone, or about to be. */
  answered(mlsId: string | null): boolean {
    return this.#byMls.delete(mlsId)
  }

  /** Undefined if they may be asked for. */
  leftAloneUntil(mlsId: string | null, now: Instant): Instant | undefined {
    const until = this.#byMls.get(mlsId)?.until
    return until !== undefined && until > now ? until : undefined
  }
}
