import { SqliteStore } from './sqlite/sqlite-store.ts'
import type { RebuildStore } from './store.ts'

/** Which store a feed is rebuilt into. Plain data: it goes to the thread that writes. */
export interface StoreTarget {
  readonly kind: 'sqlite'
  readonly file: string
}

/** @throws {StoreError} */
export function openStore({ file }: StoreTarget): RebuildStore {
  return new SqliteStore(file)
}
