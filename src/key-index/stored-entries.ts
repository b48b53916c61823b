import { crc32 } from 'node:zlib'

import type { RecordKey } from '../domain/record-key.ts'
import type { ResourceName } from '../domain/resource.ts'
import { checkOf, type EntryCheck } from './bucket-sums.ts'
import { KeyFilter } from './key-filter.ts'
import { entryPrefix } from './key-layout.ts'
import type { LevelStore } from './level-store.ts'

/** Checks of keys of one resource, as they stand in the store; undefined for a key that is not in it. */
export interface KnownChecks {
  readonly resource: ResourceName
  readonly checks: ReadonlyMap<RecordKey, EntryCheck | undefined>
}

/** Reads the entries of a store, and as few of them as it can. */
export class StoredEntries {
  readonly #store: LevelStore
  // A page is read, then applied: keeping the checks of what was read spares `apply` the second read.
  #lastRead: KnownChecks | undefined
  #writes = 0
  // What was written since the store was emptied; undefined if it was opened with entries.
  #written: KeyFilter | undefined

  constructor(store: LevelStore) {
    this.#store = store
  }

  /** By key. */
  async getMany(
    resource: ResourceName,
    keys: readonly RecordKey[],
  ): Promise<readonly (Buffer | undefined)[]> {
    const writes = this.#writes
    const values = await this.#read(resource, keys)
    if (writes === this.#writes) this.#lastRead = { resource, checks: checksOf(keys, values) }
    return values
  }

  /** Runs a write, before, during and after which nothing that was read is remembered but for it. */
  async writing(write: (lastRead: KnownChecks | undefined) => Promise<void>): Promise<void> {
    const lastRead = this.#lastRead
    this.#forgetReads()
    try {
      await write(lastRead)
    } finally {
      this.#forgetReads()
    }
  }

  /** Checks of those of `keys` that are in the store. @param lastRead what `writing` gave */
  async checks(
    resource: ResourceName,
    keys: readonly RecordKey[],
    lastRead: KnownChecks | undefined,
  ): Promise<readonly EntryCheck[]> {
    const known = lastRead?.resource === resource ? lastRead.checks : undefined
    const unread = known === undefined ? keys : keys.filter((key) => !known.has(key))
    const checks = keys.length === unread.length ? [] : keys.map((key) => known?.get(key))
    for (const [i, value] of (await this.#read(resource, unread)).entries()) {
      const key = unread[i]
      if (key !== undefined && value !== undefined) checks.push(checkOf(key, value))
    }
    return checks.filter((check) => check !== undefined)
  }

  /** Told of every entry before it is written. */
  willWrite({ keyCrc }: EntryCheck): void {
    this.#written?.add(keyCrc)
  }

  /** Empties the store, around `empty`. */
  async emptying(empty: () => Promise<void>): Promise<void> {
    this.#written = undefined
    await empty()
    this.#written = new KeyFilter()
  }

  /** The store is about to be closed, and says so to whoever asks from now on. */
  closing(): void {
    this.#written = undefined
  }

  /** The store is asked only for what may be there. */
  async #read(resource: ResourceName, keys: readonly RecordKey[]): Promise<readonly (Buffer | undefined)[]> {
    const written = this.#written
    const asked = written === undefined ? keys : keys.filter((key) => written.mayHave(crc32(key)))
    if (asked.length === 0) return keys.map(() => undefined)
    const prefix = entryPrefix(resource)
    const values = await this.#store.getMany(asked.map((key) => prefix + key))
    if (asked.length === keys.length) return values
    const byKey = new Map(asked.map((key, i) => [key, values[i]]))
    return keys.map((key) => byKey.get(key))
  }

  #forgetReads(): void {
    this.#writes += 1
    this.#lastRead = undefined
  }
}

function checksOf(
  keys: readonly RecordKey[],
  values: readonly (Buffer | undefined)[],
): KnownChecks['checks'] {
  return new Map(
    keys.map((key, i) => {
      const value = values[i]
      return [key, value === undefined ? undefined : checkOf(key, value)]
    }),
  )
}
