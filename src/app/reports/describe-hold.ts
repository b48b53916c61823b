import { printable } from '../../support/printable.ts'
import type { HoldReport, OtherHold } from '../holds/hold-report.ts'
import { describePreview } from './describe-preview.ts'
import { resourceWords } from './resource-words.ts'

/** For a person: what is held and why, the groups, the first keys, and the ways on. */
export function describeHold(report: HoldReport): readonly string[] {
  const { resource, sweep, deletes, records, preview } = report
  const option = resourceWords(resource)
  const max = deletes + records
  const [approved, rejected] =
    records > 0
      ? ['reads each again and publishes what it says', 'publishes nothing; the next pass judges anew']
      : ['asks for each again and deletes what is gone', 'deletes nothing; the next sweep judges anew']
  return [
    printable(headOf(report)),
    ...describePreview(preview),
    `"listingstream purge approve ${sweep} --max ${max}${option}" ${approved}`,
    `"listingstream purge reject ${sweep}${option}" ends the hold and ${rejected}`,
  ]
}

function headOf({ resource, sweep, pass, heldAt, why, deletes, records }: HoldReport): string {
  return records > 0
    ? `${records} records of ${resource} are held since ${heldAt} by ${pass} ${sweep}, and what they say now is not published: ${why}`
    : `${deletes} deletes of ${resource} are held since ${heldAt} by sweep ${sweep}: ${why}`
}

const KINDS: Readonly<Record<string, string>> = {
  deletes: 'deletes',
  masking: 'records that gained masked fields',
  changes: 'records that changed',
}

/** What else is held of the resource. */
export function describeOthers(resource: string, others: readonly OtherHold[]): readonly string[] {
  return others.map(
    ({ sweep, kind, pass, keys }) =>
      `${keys} ${KINDS[kind] ?? kind} are held, too, by ${pass === 'update' ? 'an' : 'a'} ${pass}: "listingstream purge show ${sweep}${resourceWords(resource)}" shows them`,
  )
}
