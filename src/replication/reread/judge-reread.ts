/** R10: when mass masking, or mass change, is held for an operator instead of being published. */
import type { RecordHoldKind } from '../../domain/hold.ts'
import type { RereadCounts } from '../../domain/pass.ts'

export interface RereadLimits {
  /** `MASK_MAX_RATIO`, 0 to 1; 1 holds nothing. */
  readonly maskMaxRatio: number
  /** `CHANGE_MAX_RATIO`, 0 to 1; null or 1 holds nothing. */
  readonly changeMaxRatio: number | null
}

export type RereadVerdict =
  | { readonly kind: 'clear' }
  | { readonly kind: 'held'; readonly hold: RecordHoldKind; readonly why: string }

/** Below that, a share says little, unless something is held: the window of one update may well be one agent's work. */
const APPLIES_FROM = 1_000

/**
 * Where both are too much, all that changed is held: what gained masked fields is among it. While records are held already, or were
 * rejected, what few say counts, too: a hold does not end because some of its records are not shown any more.
 */
export function judgeReread(
  { maskMaxRatio, changeMaxRatio }: RereadLimits,
  { known, masked, changed: others, held }: RereadCounts,
): RereadVerdict {
  if (known < APPLIES_FROM && held === 0) return { kind: 'clear' }
  const changed = masked + others
  const isMasking = masked > known * maskMaxRatio
  const masking = `${masked} of ${known} records that were read again gained masked fields, above MASK_MAX_RATIO (${maskMaxRatio})`
  if (changeMaxRatio !== null && changed > known * changeMaxRatio) {
    const why = `${changed} of ${known} records that were read again changed, above CHANGE_MAX_RATIO (${changeMaxRatio})`
    return { kind: 'held', hold: 'changes', why: isMasking ? `${why}; ${masking}` : why }
  }
  return isMasking ? { kind: 'held', hold: 'masking', why: masking } : { kind: 'clear' }
}
