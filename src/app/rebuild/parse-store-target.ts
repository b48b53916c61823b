import { InvalidArgumentError } from 'commander'

import { parsePostgresUrl } from '../../consumer/rebuild/postgres/postgres-target.ts'
import { StoreError } from '../../consumer/rebuild/store-error.ts'
import type { StoreTarget } from '../../consumer/rebuild/store-target.ts'

const SQLITE = 'sqlite:'
const POSTGRES = /^postgres(ql)?:/i

/** @param text as `--to` has it @throws {InvalidArgumentError} */
export function parseStoreTarget(text: string): StoreTarget {
  const file = text.startsWith(SQLITE) ? text.slice(SQLITE.length) : ''
  if (file !== '') return { kind: 'sqlite', file }
  if (POSTGRES.test(text)) return postgresTarget(text)
  throw new InvalidArgumentError(
    'A store is needed. Examples: sqlite:./listings.db, postgres://user@host/database',
  )
}

function postgresTarget(text: string): StoreTarget {
  try {
    return parsePostgresUrl(text)
  } catch (error) {
    if (error instanceof StoreError) throw new InvalidArgumentError(error.message)
    throw error
  }
}
