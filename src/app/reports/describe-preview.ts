import { printable } from '../../support/printable.ts'
import { BY_MLS, MOST_KEYS, type DeletePreview, type PreviewKey } from '../passes/delete-preview.ts'
import type { ValueCount } from '../passes/tally.ts'

const SHOWN_KEYS = 10
const SHOWN_VALUES = 6

/** For a person: the groups, a line each, and the first keys. */
export function describePreview({ total, keys, groups, others }: DeletePreview): readonly string[] {
  if (total === 0) return []
  // What no record has is no property of the resource.
  const known = Object.entries(groups).filter(([, group]) => group.some(({ value }) => value !== null))
  const lines = known.map(
    ([name, group]) => `  by ${wordFor(name)}: ${describeGroup(group, others[name] ?? 0)}`,
  )
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

function wordFor(group: string): string {
  return group === BY_MLS ? 'MLS' : group
}

function describeKey({ key, facts, lastChangedAt, lastReadAt }: PreviewKey): string {
  const values = Object.values(facts).map((value) => value?.toLocaleString('en-US') ?? '–')
  return printable(
    `${[key, ...values].join(', ')}; changed ${dayOf(lastChangedAt)}, last read ${dayOf(lastReadAt)}`,
  )
}

function dayOf(at: string | null): string {
  return at === null ? '–' : at.slice(0, 16).replace('T', ' ')
}
