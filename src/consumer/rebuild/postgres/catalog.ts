import type { PostgresConnection } from './postgres-connection.ts'

/** Of every table of a schema, by its name: the names of its columns, in their order. */
export async function columnsBySchema(
  connection: PostgresConnection,
  schema: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const rows = await connection.query(
    `SELECT c.relname AS name, a.attname AS "column"
     FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     WHERE c.relnamespace = to_regnamespace($1) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
     ORDER BY c.relname, a.attnum`,
    [`"${schema}"`],
    signal,
  )
  const found = new Map<string, string[]>()
  for (const { name, column } of rows) {
    if (name === null || name === undefined || column === null || column === undefined) continue
    const columns = found.get(name)
    if (columns === undefined) found.set(name, [column])
    else columns.push(column)
  }
  return found
}
