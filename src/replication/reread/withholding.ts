import type { PassProgress } from '../../domain/pass.ts'
import type { RereadLimits } from './judge-reread.ts'

/**
 * What of records that a pass reads again waits for its verdict (R10): nothing, those that gain masked fields, or all that change.
 */
export type Withholding = 'nothing' | 'masking' | 'changes'

/** A first snapshot has nothing to compare with, and what an operator approves waits for nobody. */
export function withholdingOf(
  { maskMaxRatio, changeMaxRatio }: RereadLimits,
  { initial, decidesOn }: Pick<PassProgress, 'initial' | 'decidesOn'>,
): Withholding {
  if (initial || decidesOn !== null) return 'nothing'
  if (changeMaxRatio !== null && changeMaxRatio < 1) return 'changes'
  return maskMaxRatio < 1 ? 'masking' : 'nothing'
}
