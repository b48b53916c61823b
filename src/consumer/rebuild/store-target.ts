import { PostgresStore } from './postgres/postgres-store.ts'
import type { PostgresTarget } from './postgres/postgres-target.ts'
import { SqliteStore } from './sqlite/sqlite-store.ts'
import type { RebuildStore } from './store.ts'

/** Which store a feed is rebuilt into. Plain data: it goes to the thread that writes. */
export type StoreTarget = PostgresTarget | { readonly kind: 'sqlite'; readonly file: string }

/** @throws {StoreError} */
export function openStore(target: StoreTarget): RebuildStore {
  return target.kind === 'sqlite' ? new SqliteStore(target.file) : new PostgresStore(target)
}
