import type { AppliedRow, JournalEntry } from './group-store.ts'

/** Findings in words, none of a right group. */
export interface GroupVerdict {
  /** Never handled to its end. */
  readonly lost: readonly string[]
  /** Handled although it is no change of the topic. */
  readonly foreign: readonly string[]
  /** Begun before the change of its key before it had been handled. */
  readonly outOfOrder: readonly string[]
  /** Two handlers of one key at the same time. */
  readonly together: readonly string[]
  /** Not exactly once in the store, or not with what the topic says. */
  readonly store: readonly string[]
}

export const RIGHT: GroupVerdict = { lost: [], foreign: [], outOfOrder: [], together: [], store: [] }

/** @param expected every change of the topic, in the order of its partition */
export function checkGroup(
  expected: readonly AppliedRow[],
  journal: readonly JournalEntry[],
  applied: readonly AppliedRow[],
): GroupVerdict {
  const done = new Set(journal.filter(({ what }) => what === 'done').map(placeOf))
  const places = new Set(expected.map(placeOf))
  return {
    lost: expected.map(placeOf).filter((place) => !done.has(place)),
    foreign: journal
      .filter(({ what }) => what === 'begun')
      .map(placeOf)
      .filter((place) => !places.has(place)),
    outOfOrder: outOfOrder(expected, journal),
    together: together(journal),
    store: wrongRows(expected, applied),
  }
}

function placeOf({ key, partition, offset }: Pick<AppliedRow, 'key' | 'partition' | 'offset'>): string {
  return `${key} at ${partition}/${offset}`
}

function outOfOrder(expected: readonly AppliedRow[], journal: readonly JournalEntry[]): readonly string[] {
  const before = new Map<string, string>()
  const last = new Map<string, string>()
  for (const change of expected) {
    const earlier = last.get(change.key)
    if (earlier !== undefined) before.set(placeOf(change), earlier)
    last.set(change.key, placeOf(change))
  }
  const done = new Set<string>()
  const findings: string[] = []
  for (const entry of journal) {
    const place = placeOf(entry)
    if (entry.what === 'done') done.add(place)
    const earlier = before.get(place)
    if (entry.what === 'begun' && earlier !== undefined && !done.has(earlier)) {
      findings.push(`${place} before ${earlier}`)
    }
  }
  return findings
}

function together(journal: readonly JournalEntry[]): readonly string[] {
  const running = new Map<string, JournalEntry>()
  const findings: string[] = []
  for (const entry of journal) {
    if (entry.what === 'gone') {
      for (const [key, { member }] of running) if (member === entry.member) running.delete(key)
      continue
    }
    const other = running.get(entry.key)
    if (entry.what !== 'begun') running.delete(entry.key)
    else {
      if (other !== undefined) findings.push(`${placeOf(entry)} beside ${placeOf(other)}`)
      running.set(entry.key, entry)
    }
  }
  return findings
}

function wrongRows(expected: readonly AppliedRow[], applied: readonly AppliedRow[]): readonly string[] {
  const rows = Map.groupBy(applied, placeOf)
  return expected.flatMap((change) => {
    const found = rows.get(placeOf(change)) ?? []
    if (found.length !== 1) return [`${placeOf(change)}: ${found.length} times`]
    return found[0]?.city === change.city ? [] : [`${placeOf(change)}: ${found[0]?.city}, not ${change.city}`]
  })
}
