import { printable } from '../../support/printable.ts'
import { MOST_KEYS, type DeletePreview, type PreviewKey } from '../passes/delete-preview.ts'
import type { ValueCount } from '../passes/tally.ts'

const SHOWN_KEYS = 10
const SHOWN_VALUES = 6

type GroupName = keyof DeletePreview['groups']

/** For a person: the groups, a line each, and the first keys. */
export function describePreview({ total, keys, groups, others }: DeletePreview): readonly string[] {
  if (total === 0) return []
  const names = { status: 'by status', mlsId: 'by MLS', city: 'by city', office: 'by office' }
  // What no record has is no property of the resource.
  const known = (Object.keys(names) as GroupName[]).filter((name) =>
    groups[name].some(({ value }) => value !== null),
  )
  const lines = known.map((name) => `  ${names[name]}: ${describeGroup(groups[name], others[name] ?? 0)}`)
  const shown = keys.slice(0, SHOWN_KEYS)
  const hidden = total - shown.length
  return [
    ...lines,
    '  first keys:',
    ...shown.map((key) => `    ${describeKey(key)}`),
    ...(hidden === 0 ? [] : [`    … and ${hidden} more; --json has the first ${MOST_KEYS}`]),
  ]
}

function describeGroup(group: readonly ValueCount[], others: number): string {
  const shown = group.slice(0, SHOWN_VALUES).map(({ value, count }) => `${value ?? 'not known'} ${count}`)
  const rest = others + group.slice(SHOWN_VALUES).reduce((all, { count }) => all + count, 0)
  return printable([...shown, ...(rest === 0 ? [] : [`others ${rest}`])].join(', '))
}

function describeKey({
  key,
  status,
  listPrice,
  city,
  office,
  lastChangedAt,
  lastReadAt,
}: PreviewKey): string {
  const price = listPrice === null ? null : listPrice.toLocaleString('en-US')
  const known = [key, status, price, city, office].map((value) => value ?? '–').join(', ')
  return printable(`${known}; changed ${dayOf(lastChangedAt)}, last read ${dayOf(lastReadAt)}`)
}

function dayOf(at: string | null): string {
  return at === null ? '–' : at.slice(0, 16).replace('T', ' ')
}
