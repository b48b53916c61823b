import { COLUMNS } from './findings.ts'
import type { TortureResults } from './torture.ts'

export interface FaultRow {
  readonly fault: string
  readonly runs: number
  /** Changes of the market and committed records, over all runs. */
  readonly changes: number
  readonly records: number
  readonly violations: Readonly<Record<string, number>>
}

/** One row a fault, and one for all of them. */
export function tabulate({ results }: Pick<TortureResults, 'results'>): readonly FaultRow[] {
  const faults = [...new Set(results.map(({ fault }) => fault))]
  const row = (fault: string, of: TortureResults['results']): FaultRow => ({
    fault,
    runs: of.length,
    changes: of.reduce((sum, { changes }) => sum + changes, 0),
    records: of.reduce((sum, { records }) => sum + records, 0),
    violations: Object.fromEntries(
      COLUMNS.map((column) => [
        column,
        of.flatMap(({ findings }) => findings).filter((finding) => finding.column === column).length,
      ]),
    ),
  })
  return [
    ...faults.map((fault) =>
      row(
        fault,
        results.filter((result) => result.fault === fault),
      ),
    ),
    row('all', results),
  ]
}

export function asMarkdown(rows: readonly FaultRow[]): string {
  const head = ['fault', 'runs', 'changes', 'records', ...COLUMNS]
  const lines = rows.map(({ fault, runs, changes, records, violations }) => [
    fault,
    runs,
    changes,
    records,
    ...COLUMNS.map((column) => violations[column] ?? 0),
  ])
  const rule = head.map((_, i) => (i === 0 ? '---' : '--:'))
  return [head, rule, ...lines].map((cells) => `| ${cells.join(' | ')} |\n`).join('')
}
