import type { ListQuery } from './list-query.ts'
import type { KeyOrder } from './key-order.ts'
import type { FieldResolution } from './sparkql-filter.ts'

/** A resource that can be listed, filtered and walked. */
export interface Collection<Row> {
  /** Largest `_limit` of a replication key. */
  readonly maxLimit: number
  /** Rows with keys above `after`, ascending by key. */
  rows(after: string): Iterable<Row>
  keyOf(row: Row): string
  find(key: string): Row | undefined
  resolve(field: string): FieldResolution<Row>
  renderer(shape: Pick<ListQuery, 'select' | 'expand'>, order: KeyOrder): (row: Row) => string
}
