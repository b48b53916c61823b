/** What a store's rows say of their keys: their digests, and whether their columns still have the content of these. */
import { parseSchemaId } from '../../domain/content.ts'
import type { SchemaRegistry } from '../../events/registry/schema-registry.ts'
import { EventError } from '../../events/event-error.ts'
import { DIGEST_COLUMN, SCHEMA_COLUMN } from '../rebuild/decode/row-decoder.ts'
import type { RebuiltResource } from '../rebuild/rebuilt-resource.ts'
import type { Table } from '../rebuild/store.ts'
import { StoreError } from '../rebuild/store-error.ts'
import type { ComparedKeys } from './compared-keys.ts'
import type { StoreReader, StoredValue } from './store-reader.ts'
import { StoredContent } from './stored-content.ts'

const DIGEST = /^[0-9a-f]{32}$/

export interface StoredTable {
  readonly source: RebuiltResource
  readonly table: Table
}

/** @throws {StoreError} STORE_WITHOUT_DIGESTS for one that a version has filled which kept none */
export async function readStoredKeys(
  { reader, registry }: { readonly reader: StoreReader; readonly registry: Pick<SchemaRegistry, 'byId'> },
  { source, table }: StoredTable,
  keys: ComparedKeys,
  signal: AbortSignal,
): Promise<void> {
  const place = ({ field }: { readonly field: string }): number =>
    table.columns.findIndex((column) => column.field === field)
  const [digestAt, schemaAt] = [place(DIGEST_COLUMN), place(SCHEMA_COLUMN)]
  const contents = new Map<number, StoredContent | undefined>()
  let withoutDigest = 0
  for await (const batch of reader.rows(table, signal)) {
    for (const row of batch) {
      const [key] = row
      // SQLite lets a key be null, or no text: such a row is no key's.
      if (typeof key !== 'string') continue
      const [digest, schemaId] = [row[digestAt], row[schemaAt]]
      if (digestAt < 0 || (digest === null && schemaId === null)) withoutDigest += 1
      const content = await contentOf(schemaId)
      const isDigest = typeof digest === 'string' && DIGEST.test(digest)
      const isAltered = !isDigest || content?.has(digest, row, key) !== true
      keys.putStored(key, isDigest ? digest : null, isAltered)
    }
  }
  if (withoutDigest > 0) throw olderStore(reader.name, table.name, withoutDigest)

  async function contentOf(id: StoredValue): Promise<StoredContent | undefined> {
    if (typeof id !== 'number') return undefined
    if (!contents.has(id)) contents.set(id, await compiled(id))
    return contents.get(id)
  }

  /** Undefined for a schema that no row of the table can have: somebody has changed its number. */
  async function compiled(id: number): Promise<StoredContent | undefined> {
    const schemaId = parseSchemaId(id)
    const text = schemaId === undefined ? undefined : await registry.byId(schemaId, signal)
    if (text === undefined) return undefined
    try {
      return new StoredContent(source, { id, text }, table)
    } catch (error) {
      if (error instanceof EventError) return undefined
      throw error
    }
  }
}

function olderStore(store: string, table: string, rows: number): StoreError {
  return new StoreError(
    `${rows} rows of ${table} in ${store} were written by an older version of listingstream, which did not keep their digests. Rebuild into another store, or drop the tables and rebuild.`,
    'STORE_WITHOUT_DIGESTS',
  )
}
