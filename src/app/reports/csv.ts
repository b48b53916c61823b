/** CSV (RFC 4180), as spreadsheets and terminals may read it. */
import { printable } from '../../support/printable.ts'

export type Cell = string | number | null

/** Without its line break. */
export function csvLine(cells: readonly Cell[]): string {
  return cells.map(textOf).join(',')
}

/** A spreadsheet takes what begins so for a formula. */
const FORMULA = /^[=+\-@]/
const NEEDS_QUOTES = /[",]|^\s|\s$/

function textOf(cell: Cell): string {
  if (cell === null) return ''
  if (typeof cell === 'number') return String(cell)
  const text = printable(FORMULA.test(cell) ? `'${cell}` : cell)
  return NEEDS_QUOTES.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
