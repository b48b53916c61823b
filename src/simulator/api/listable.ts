import type { FilterContext } from '../sparkql/field.ts'
import type { KeyOrder } from './key-order.ts'
import type { ListQuery } from './list-query.ts'
import type { Subrows } from './subrows.ts'

export interface RowShape extends Pick<ListQuery, 'select' | 'expand'> {
  /** The row is asked for by its Id. @default false */
  readonly alone?: boolean
  /** No more than one row is asked for, by its Id or not. @default false */
  readonly single?: boolean
}

/** Rows that can be listed, filtered and walked. */
export interface Listable<Row> extends FilterContext<Row> {
  /** Largest `_limit` of a replication key. */
  readonly maxLimit: number
  /** Rows with keys above `after`, ascending by key. */
  rows(after: string): Iterable<Row>
  keyOf(row: Row): string
  find(key: string): Row | undefined
  /** Rows can be put in order by it, once it resolves. */
  isSortable(field: string): boolean
  renderer(shape: RowShape, order: KeyOrder): (row: Row) => string
  /** What belongs to each row under a path below its own, `photos`; undefined: there is no such path. */
  sublist(path: string): ((row: Row) => Subrows) | undefined
}

/** Only the rows that belong. */
export function narrowed<Row>(rows: Listable<Row>, belongs: (row: Row) => boolean): Listable<Row> {
  return {
    maxLimit: rows.maxLimit,
    rows: (after) => Iterator.from(rows.rows(after)).filter(belongs),
    keyOf: (row) => rows.keyOf(row),
    find(key) {
      const row = rows.find(key)
      return row !== undefined && belongs(row) ? row : undefined
    },
    now: () => rows.now(),
    locate: (id) => rows.locate(id),
    resolve: (field) => rows.resolve(field),
    isSortable: (field) => rows.isSortable(field),
    renderer: (shape, order) => rows.renderer(shape, order),
    sublist: (path) => rows.sublist(path),
  }
}
