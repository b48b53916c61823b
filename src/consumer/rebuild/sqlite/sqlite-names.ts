import type { Column, ColumnType, RoundKind, Table } from '../store.ts'

/** What a store keeps of itself: documents by name. */
export const STATE_TABLE = '_listingstream_state'
/** For people: what the columns of the visible tables are. */
export const COLUMNS_TABLE = '_listingstream_columns'
/** In tables of changes: whether the key is gone. */
export const DELETED_COLUMN = '_listingstream_deleted'

const STAGING_PREFIX: Readonly<Record<RoundKind, string>> = {
  replay: '_listingstream_next_',
  'catch-up': '_listingstream_changes_',
}

const DECLARED: Readonly<Record<ColumnType, string>> = {
  text: 'TEXT',
  integer: 'INTEGER',
  real: 'REAL',
  boolean: 'BOOLEAN',
  date: 'TEXT',
  timestamp: 'TEXT',
  json: 'TEXT',
}

export function stagingName(kind: RoundKind, { name }: Pick<Table, 'name'>): string {
  return `${STAGING_PREFIX[kind]}${name}`
}

export function isStagingName(name: string): boolean {
  return Object.values(STAGING_PREFIX).some((prefix) => name.startsWith(prefix))
}

/** An identifier as SQL text. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** The name and type of a column, as a table is made with it. */
export function columnSql({ name, type }: Column): string {
  return `${quoted(name)} ${DECLARED[type]}`
}

export function keyOf({ columns }: Pick<Table, 'columns'>): string {
  return quoted(columns[0]?.name ?? '')
}
