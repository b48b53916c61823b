/** A plan for a person: a line for each record that would be published, and one for each pass. */
import type { PassReport } from '../passes/pass-report.ts'
import { describeMissed } from '../reports/describe-missed.ts'
import { grouped } from '../reports/phrases.ts'
import type { PlannedRecord } from './planned-records.ts'

const HELD_AS: Readonly<Record<string, string>> = {
  deletes: 'would be held, and not deleted',
  masking: 'would be held: it gains masked fields',
  changes: 'would be held: it changes with too many others',
}

export function describePlannedRecord(record: PlannedRecord): string {
  const { resource, key } = record
  const place = `${resource} ${key ?? '(no key)'}`
  switch (record.kind) {
    case 'event':
      return `${place}  ${record.type} ${record.reason}`
    case 'held':
      return `${place}  ${HELD_AS[record.what] ?? 'would be held'}`
    case 'dead_letter':
      return `${place}  dead letter: ${record.reason}`
    case 'settled_letter':
      return `${place}  its dead letter would go`
  }
}

type OnePass = Omit<PassReport, 'sets'>

export function describePlannedPass(report: PassReport): readonly string[] {
  return [report, ...report.sets].map(describeOne)
}

function describeOne({ resource, pass, walked, counts, purge, heldRecords, unread }: OnePass): string {
  const how = purge === null ? '' : ` by ${purge.compare}`
  const { published = 0, unchanged = 0, stale = 0, dead_lettered: letters = 0 } = counts
  const records = [
    `${grouped(walked)} walked`,
    `${grouped(published)} would be published`,
    ...(unchanged === 0 ? [] : [`${grouped(unchanged)} unchanged`]),
    ...(stale === 0 ? [] : [`${grouped(stale)} stale`]),
    ...(letters === 0 ? [] : [`${grouped(letters)} would be dead letters`]),
  ]
  const sets = unread === null || unread.failed === 0 ? [] : [`${grouped(unread.failed)} could not be read`]
  return [
    `${pass}${how} of ${resource}: ${records.join(', ')}`,
    ...(purge === null ? [] : describeDeletes(purge)),
    ...sets,
    ...(heldRecords === null
      ? []
      : [`the guard would hold ${grouped(heldRecords.records)} records: ${heldRecords.why}`]),
  ].join('; ')
}

function describeDeletes({
  emitted,
  held,
  heldBecause,
  refuted,
  inconclusive,
  unconfirmed,
  missed,
  missedBy,
}: NonNullable<PassReport['purge']>): readonly string[] {
  return [
    [
      `${grouped(emitted)} would be deleted`,
      ...(refuted === 0 ? [] : [`${grouped(refuted)} still there`]),
      ...(inconclusive === 0 ? [] : [`${grouped(inconclusive)} inconclusive`]),
      ...(unconfirmed === 0 ? [] : [`${grouped(unconfirmed)} to be missed by another purge first`]),
      ...(missed === 0 ? [] : [`${grouped(missed)} missed by updates${describeMissed(missedBy)}`]),
    ].join(', '),
    heldBecause === null
      ? 'the guard would let it through'
      : `the guard would hold ${grouped(held)} deletes: ${heldBecause}`,
  ]
}
