import type { DemoResult } from './rehearse.ts'

export interface Summary {
  /** For a person, with a line break at its end. */
  readonly text: string
  /** Source and topic say the same, and the topic says it once and in order. */
  readonly equal: boolean
}

type Row = readonly [name: string, expected: number, actual: number, remark?: string | undefined]

const PROBLEMS_SHOWN = 10

export function summarize(result: DemoResult): Summary {
  const { expected, replay, comparison, touched, requests, faults, seconds } = result
  const { counts, latest, duplicates, disorder } = replay
  const kinds = [...new Set([...Object.keys(expected), ...counts.keys()])]
  const rows: readonly Row[] = [
    ...kinds.map((kind): Row => [kind, expected[kind] ?? 0, counts.get(kind) ?? 0, REMARKS[kind]]),
    ['listings in the end', comparison.listings, latest.size, 'in the topic and at the source'],
    ['duplicates', 0, duplicates.length],
    ['out of order', 0, disorder.length],
    ['mismatches', 0, comparison.differences.length, 'fields that differ from the source'],
    ['faults survived', faults.planned, faults.fired, 'failures of the API, planned in advance'],
  ]
  const differing = rows.filter(([, wanted, actual]) => wanted !== actual)
  const equal = differing.length === 0
  const problems = [
    ...comparison.differences.map(({ key, field, problem }) => `${key} ${field}: ${problem}`),
    ...duplicates,
    ...disorder,
  ]
  const hidden = problems.length - PROBLEMS_SHOWN
  const lines = [
    ...table(rows),
    '',
    `${touched} listings were only touched: they got a new timestamp, and no event.`,
    `${requests} requests to the API.`,
    ...problems.slice(0, PROBLEMS_SHOWN).map((problem) => `  ${problem}`),
    ...(hidden > 0 ? [`  … and ${hidden} more`] : []),
    equal
      ? `Equal: all ${comparison.listings} listings, field by field, after ${seconds.toFixed(1)} s.`
      : `NOT EQUAL: ${differing.map(([name, wanted, actual]) => `${name} ${actual}, not ${wanted}`).join('; ')}.`,
  ]
  return { text: `${lines.join('\n')}\n`, equal }
}

const REMARKS: Readonly<Record<string, string>> = {
  SNAPSHOT: 'initial download',
  CREATED: 'new at the source',
  UPDATED: 'changed at the source',
  ListingDeleted: 'gone, with proof',
  tombstone: 'one behind each ListingDeleted',
}

function table(rows: readonly Row[]): readonly string[] {
  const line = (name: string, expected: string, actual: string, remark: string): string =>
    `${name.padEnd(20)}${expected.padStart(9)}${actual.padStart(9)}  ${remark}`.trimEnd()
  return [
    line('', 'expected', 'read', ''),
    ...rows.map(([name, expected, actual, remark = '']) =>
      line(name, String(expected), String(actual), remark),
    ),
  ]
}
