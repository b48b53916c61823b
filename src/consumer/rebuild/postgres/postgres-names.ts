import type { Column, ColumnType, Table } from '../store.ts'

/** What a store keeps of itself: documents by name. */
export const STATE_TABLE = '_listingstream_state'
/** For people: what the columns of the visible tables are. */
export const COLUMNS_TABLE = '_listingstream_columns'
/** In tables of unfinished rounds: of two rows of a key, the one with the higher number is the later word. */
export const ORDER_COLUMN = '_listingstream_order'
/** In tables of unfinished rounds: whether the key is gone. */
export const DELETED_COLUMN = '_listingstream_deleted'

const DECLARED: Readonly<Record<ColumnType, string>> = {
  text: 'text',
  integer: 'bigint',
  real: 'double precision',
  boolean: 'boolean',
  date: 'date',
  timestamp: 'timestamptz',
  json: 'jsonb',
}

/** Tables of unfinished rounds are apart, where readers of the schema do not look, and may not. */
export function stagingSchema(schema: string): string {
  return `_listingstream_${schema}`
}

/** An identifier as SQL text. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** A table or a view as SQL text. */
export function qualified(schema: string, name: string): string {
  return `${quoted(schema)}.${quoted(name)}`
}

/** The name and type of a column, as a table is made with it. */
export function columnSql({ name, type }: Column): string {
  return `${quoted(name)} ${DECLARED[type]}`
}

export function keyOf({ columns }: Pick<Table, 'columns'>): string {
  return quoted(columns[0]?.name ?? '')
}
