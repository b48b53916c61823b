import type { LooseValue } from '../../domain/content.ts'

/** What a record of the source has beside the values that stand in its typed fields. */
export class Findings {
  /** Names of masked fields, more than once where a list has several items. */
  readonly masked: string[] = []
  /** They are told with the masked ones, but masking them is no change of the content (R5). */
  readonly maskedVolatile: string[] = []
  /** JSON texts of what has no field, or does not fit it. */
  readonly unmapped: [string, string][] = []
  readonly volatile: [string, LooseValue][] = []
}
