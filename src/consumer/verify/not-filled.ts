import { StoreError } from '../rebuild/store-error.ts'

/** @param store its name */
export function notFilled(store: string): StoreError {
  return new StoreError(
    `${store} shows nothing that "listingstream rebuild" has finished: run that first, or name another store.`,
    'STORE_UNUSABLE',
  )
}
