import type { LooseValue } from '../../domain/content.ts'
import type { CustomFieldValue } from './custom-fields.ts'

/** A value that has no field, or does not fit it. */
export interface Unmapped {
  /** Where it stands in the source's record. */
  readonly path: string
  /** The same without the indices of lists. */
  readonly field: string
  /** As JSON. */
  readonly text: string
}

/** What a record of the source has beside the values that stand in its typed fields. */
export class Findings {
  /** Names of masked fields, more than once where a list has several items. */
  readonly masked: string[] = []
  /** They are told with the masked ones, but masking them is no change of the content (R5). */
  readonly maskedVolatile: string[] = []
  readonly unmapped: Unmapped[] = []
  readonly volatile: [string, LooseValue][] = []
  /** Undefined if the record has no member that holds them. */
  custom: Readonly<Record<string, CustomFieldValue>> | undefined = undefined
}
