import type { JsonObject } from '../../domain/json.ts'
import { ApiFailure } from './envelope.ts'
import type { Member } from './envelope.ts'
import type { KeyOrder } from './key-order.ts'

/** A row that belongs to another row. */
export interface Subrow extends JsonObject {
  readonly Id: string | number
}

/** All of one answer have the same members. */
export type Subrows = readonly Subrow[]

/** All of them, or the one of this Id as a list of one (docs/spark-api.md §1.3). @throws {ApiFailure} 404/404 */
export function subrowsMember(rows: Subrows, id: string | undefined, order: KeyOrder): Member {
  if (id === undefined) return ['Results', subrowsText(rows, order)]
  const row = rows.find(({ Id }) => String(Id) === id)
  if (row === undefined) throw new ApiFailure(404, 404, 'Not found')
  return ['Results', subrowsText([row], order)]
}

/** As JSON, with the members of each in one order. */
export function subrowsText(rows: Subrows, order: KeyOrder): string {
  const names = order.arrange(Object.keys(rows[0] ?? {}))
  const text = (row: Subrow): string =>
    names.map((name) => `${JSON.stringify(name)}:${JSON.stringify(row[name])}`).join(',')
  return `[${rows.map((row) => `{${text(row)}}`).join(',')}]`
}
