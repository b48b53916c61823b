import type { PostgresConnection } from './postgres-connection.ts'
import type { StagingTables } from './staging-tables.ts'
import type { StateTables } from './state-tables.ts'

/** What is open of a store. */
export interface OpenStore {
  readonly connection: PostgresConnection
  readonly schema: string
  readonly state: StateTables
  readonly staging: StagingTables
}
