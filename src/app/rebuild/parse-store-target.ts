import { InvalidArgumentError } from 'commander'

import type { StoreTarget } from '../../consumer/rebuild/store-target.ts'

const SQLITE = 'sqlite:'

/** @param text as `--to` has it @throws {InvalidArgumentError} */
export function parseStoreTarget(text: string): StoreTarget {
  const file = text.startsWith(SQLITE) ? text.slice(SQLITE.length) : ''
  if (file !== '') return { kind: 'sqlite', file }
  throw new InvalidArgumentError('A store is needed. Example: sqlite:./listings.db')
}
