import { printable } from '../../support/printable.ts'
import type { HoldReport } from '../holds/hold-report.ts'
import { describePreview } from './describe-preview.ts'
import { resourceWords } from './resource-words.ts'

/** For a person: what is held and why, the groups, the first keys, and the ways on. */
export function describeHold({
  resource,
  sweep,
  heldAt,
  why,
  deletes,
  preview,
}: HoldReport): readonly string[] {
  const option = resourceWords(resource)
  return [
    printable(`${deletes} deletes of ${resource} are held since ${heldAt} by sweep ${sweep}: ${why}`),
    ...describePreview(preview),
    `"listingstream purge approve ${sweep} --max ${deletes}${option}" asks for each again and deletes what is gone`,
    `"listingstream purge reject ${sweep}${option}" ends the hold and deletes nothing; the next sweep judges anew`,
  ]
}
