/** The port of the stores that can be verified: what a rebuild has left in them, as their readers see it. */
import type { ColumnValue, Table, VisibleState } from '../rebuild/store.ts'

/** As a column's type has it (`ColumnType`); undefined for what is no value of the type: somebody has changed it. */
export type StoredValue = ColumnValue | undefined

/** All calls answer of one state of the store, that of the first one; other readers, and a rebuild, go on meanwhile. */
export interface StoreReader extends AsyncDisposable {
  /** For messages. */
  readonly name: string
  /**
   * The first call.
   *
   * @throws {StoreError} STORE_UNUSABLE for one that nobody can read or that no rebuild has filled; STORE_NEWER,
   *   STORE_FOREIGN, STORE_UNAVAILABLE
   */
  open(signal: AbortSignal): Promise<VisibleState>
  /** In batches, each row in the order of the table's columns; in any order of rows. @throws {StoreError} */
  rows(table: Table, signal: AbortSignal): AsyncIterable<readonly (readonly StoredValue[])[]>
}
