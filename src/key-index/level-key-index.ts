import type { Instant } from '../domain/instant.ts'
import type { RecordKey } from '../domain/record-key.ts'
import {
  parseResourceName,
  type ResourceDescription,
  type ResourceName,
  type ChangeStamp,
} from '../domain/resource.ts'
import type { IndexPart, IndexState, IndexUpdate, IndexView, KeyIndex } from '../replication/ports.ts'
import type { FeedIdentity } from '../domain/feed-state.ts'
import type { EntryOutline, IndexEntry } from '../domain/index-entry.ts'
import { InvariantViolation } from '../support/errors.ts'
import { SerialQueue } from '../support/serial-queue.ts'
import { SetDigester, type SetDigest } from '../support/set-digest.ts'
import { BucketSums, checkOf } from './bucket-sums.ts'
import { decodeEntry, encodeEntry, OutlineReader, publishedDigestIn } from './entry-codec.ts'
import { IndexCorruptError } from './errors.ts'
import { ALL_LEDGERS, entryPrefix, entryRange, recordKeyOf, STATE_KEY, sumsKey } from './key-layout.ts'
import type { LevelStore, StoreOperation, StoreView } from './level-store.ts'
import { LevelWalkLedger } from './level-walk-ledger.ts'
import { decodeState, encodeState } from './state-codec.ts'
import { StoredEntries, type KnownChecks } from './stored-entries.ts'
import { readSums, sameSums, scanSums, type Sums } from './stored-sums.ts'

interface Meta {
  readonly state: IndexState | null
  readonly sums: Sums
}

/** The key index in LevelDB. Made by `openKeyIndex`. */
export class LevelKeyIndex implements KeyIndex, AsyncDisposable {
  readonly ledger: LevelWalkLedger
  /** Why the index that was found could not be opened and was replaced by an empty one; null if it was opened. */
  readonly recreated: Error | null
  readonly #store: LevelStore
  readonly #resources: readonly ResourceDescription[]
  // Bucket sums are read, changed and written: one writer at a time.
  readonly #queue = new SerialQueue()
  readonly #stored: StoredEntries
  #meta: Meta

  private constructor(
    store: LevelStore,
    resources: readonly ResourceDescription[],
    meta: Meta,
    recreated: Error | null,
  ) {
    this.#store = store
    this.#stored = new StoredEntries(store)
    this.#resources = resources
    this.#meta = meta
    this.recreated = recreated
    this.ledger = new LevelWalkLedger(store)
  }

  /** Takes over the store. */
  static async load(
    store: LevelStore,
    resources: readonly ResourceDescription[],
    recreated: Error | null,
  ): Promise<LevelKeyIndex> {
    await using view = store.view()
    const state = await readState(view)
    const sums = await readSums(
      view,
      resources.map(({ name }) => name),
    )
    return new LevelKeyIndex(store, resources, { state: state ?? null, sums: sums ?? new Map() }, recreated)
  }

  state(): IndexState | null {
    return this.#meta.state
  }

  async getMany(
    resource: ResourceName,
    keys: readonly RecordKey[],
  ): Promise<readonly (IndexEntry | undefined)[]> {
    const values = await this.#stored.getMany(resource, keys)
    const stamps = this.#stampsOf(resource)
    return values.map((value, i) =>
      value === undefined ? undefined : this.#decode(stamps, keys[i] ?? '', value),
    )
  }

  async *entries(
    resource: ResourceName,
  ): AsyncGenerator<readonly (readonly [RecordKey, IndexEntry])[], void, undefined> {
    const stamps = this.#stampsOf(resource)
    const prefix = entryPrefix(resource)
    await using view = this.#store.view()
    for await (const batch of view.batches(entryRange(resource))) {
      yield batch.map(([storeKey, value]) => {
        const key = recordKeyOf(storeKey, prefix)
        if (key === undefined) throw this.#corrupt(storeKey)
        return [key, this.#decode(stamps, key, value)] as const
      })
    }
  }

  async *outlines(
    resource: ResourceName,
  ): AsyncGenerator<readonly (readonly [RecordKey, EntryOutline])[], void, undefined> {
    const reader = new OutlineReader(this.#stampsOf(resource))
    const prefix = entryPrefix(resource)
    await using view = this.#store.view()
    for await (const batch of view.batches(entryRange(resource))) {
      yield batch.map(([storeKey, value]) => {
        const key = recordKeyOf(storeKey, prefix)
        const outline = reader.read(value)
        if (key === undefined || outline === undefined) throw this.#corrupt(storeKey)
        return [key, outline] as const
      })
    }
  }

  view(): IndexView {
    const view = this.#store.view()
    return {
      contents: (resource, signal) => this.#contents(view, resource, signal),
      [Symbol.asyncDispose]: () => view[Symbol.asyncDispose](),
    }
  }

  apply(update: IndexUpdate): Promise<void> {
    return this.#queue.run(() => this.#stored.writing((lastRead) => this.#apply(update, lastRead)))
  }

  reset(feed: FeedIdentity, at: Instant): Promise<void> {
    return this.#queue.run(() =>
      this.#stored.writing(async () => {
        await this.ledger.idle()
        // Whatever fails from here on leaves an index that states no feed.
        this.#meta = { state: null, sums: new Map() }
        await this.#stored.emptying(() => this.#store.recreate())
        const state: IndexState = { feed, nextOffsets: {}, writtenAt: at, request: 0 }
        await this.#store.write([{ type: 'put', key: STATE_KEY, value: encodeState(state) }])
        this.#meta = { state, sums: new Map() }
      }),
    )
  }

  adopt(feed: FeedIdentity): Promise<void> {
    return this.#queue.run(() => this.#stored.writing(() => this.#adopt(feed)))
  }

  async verify(): Promise<boolean> {
    await using view = this.#store.view()
    try {
      const state = await readState(view)
      const scanned = await scanSums(view)
      // A table that cannot be read can be neither gone on with nor dropped from; only emptying the store helps.
      for await (const _ of view.batches(ALL_LEDGERS));
      if (state === undefined || scanned === undefined) return false
      const sums = await readSums(view, [...namesIn(state, this.#resources), ...scanned.keys()])
      return sums !== undefined && sameSums(scanned, sums)
    } catch (error) {
      if (error instanceof IndexCorruptError) return false
      throw error
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#queue.idle()
    await this.ledger.idle()
    this.#stored.closing()
    await this.#store[Symbol.asyncDispose]()
  }

  async #contents(view: StoreView, resource: ResourceName, signal: AbortSignal): Promise<SetDigest> {
    const stamps = this.#stampsOf(resource)
    const prefix = entryPrefix(resource)
    const digester = new SetDigester()
    for await (const batch of view.batches(entryRange(resource))) {
      signal.throwIfAborted()
      for (const [storeKey, value] of batch) {
        const key = recordKeyOf(storeKey, prefix)
        const digest = publishedDigestIn(stamps, value)
        if (key === undefined || digest === undefined) throw this.#corrupt(storeKey)
        if (digest !== null) digester.add(key, digest)
      }
    }
    return digester.end()
  }

  async #adopt(feed: FeedIdentity): Promise<void> {
    const { state, sums } = this.#meta
    if (state === null) throw new InvariantViolation('An index that states no feed was to adopt topics.')
    const isKept = (name: string): boolean =>
      Object.hasOwn(state.feed.partitions, name) && Object.hasOwn(feed.partitions, name)
    const kept = {
      ...state,
      feed: { ...feed, partitions: only(isKept, feed.partitions) },
      nextOffsets: only(isKept, state.nextOffsets),
    }
    const others = namesIn(state, this.#resources).filter((name) => !isKept(name))
    // Should this be all that is done, the entries without sums show that the index is not whole.
    await this.#store.write([
      { type: 'put', key: STATE_KEY, value: encodeState(kept) },
      ...others.map((name) => ({ type: 'del', key: sumsKey(name) }) as const),
    ])
    this.#meta = { state: kept, sums: new Map([...sums].filter(([name]) => isKept(name))) }
    for (const name of others) await this.#store.clear(entryRange(name))
    const whole = { ...kept, feed }
    await this.#store.write([{ type: 'put', key: STATE_KEY, value: encodeState(whole) }])
    this.#meta = { ...this.#meta, state: whole }
  }

  async #apply(update: IndexUpdate, lastRead: KnownChecks | undefined): Promise<void> {
    requireDistinct(update.parts)
    const sums = new Map(this.#meta.sums)
    const operations: StoreOperation[] = []
    let request = this.#meta.state?.request ?? 0
    for (const part of update.parts) {
      const changed = await this.#change(part, lastRead)
      if (changed.operations.length > 0) sums.set(part.resource, changed.sums)
      operations.push(...changed.operations)
      for (const entry of part.puts.values()) request = Math.max(request, entry.request)
    }

    const before = this.#meta.state
    const nextOffsets = update.nextOffsets ?? before?.nextOffsets ?? {}
    const state = before === null ? null : { feed: before.feed, nextOffsets, writtenAt: update.at, request }
    if (state !== null) operations.push({ type: 'put', key: STATE_KEY, value: encodeState(state) })

    await this.#store.write(operations)
    this.#meta = { state, sums }
  }

  /** What a part writes, the sums after it included; no operations if it says nothing. */
  async #change(
    { resource, puts, drops }: IndexPart,
    lastRead: KnownChecks | undefined,
  ): Promise<{ readonly operations: readonly StoreOperation[]; readonly sums: BucketSums }> {
    const dropped = new Set(drops)
    const both = [...dropped].find((key) => puts.has(key))
    if (both !== undefined) {
      throw new InvariantViolation(`One update of the index both puts and drops ${both}.`)
    }
    const sums = new BucketSums(this.#meta.sums.get(resource))
    const keys = [...puts.keys(), ...dropped]
    if (keys.length === 0) return { operations: [], sums }
    for (const check of await this.#stored.checks(resource, keys, lastRead)) sums.remove(check)

    const operations: StoreOperation[] = []
    const stamps = this.#stampsOf(resource)
    const prefix = entryPrefix(resource)
    for (const [key, entry] of puts) {
      const value = encodeEntry(stamps, entry)
      const check = checkOf(key, value)
      sums.add(check)
      this.#stored.willWrite(check)
      operations.push({ type: 'put', key: prefix + key, value })
    }
    for (const key of dropped) operations.push({ type: 'del', key: prefix + key })
    operations.push({ type: 'put', key: sumsKey(resource), value: sums.toBytes() })
    return { operations, sums }
  }

  #decode(stamps: readonly ChangeStamp[], key: string, value: Buffer): IndexEntry {
    const entry = decodeEntry(stamps, value)
    if (entry === undefined) throw this.#corrupt(key)
    return entry
  }

  #stampsOf(resource: ResourceName): readonly ChangeStamp[] {
    const description = this.#resources.find(({ name }) => name === resource)
    if (description === undefined) throw new InvariantViolation(`The index was not opened for ${resource}.`)
    return description.changeStamps
  }

  #corrupt(key: string): IndexCorruptError {
    return new IndexCorruptError(this.#store.location, `the entry of ${JSON.stringify(key)} cannot be read`)
  }
}

/** The sums of a second part would not know of the first one's. */
function requireDistinct(parts: readonly IndexPart[]): void {
  if (new Set(parts.map(({ resource }) => resource)).size < parts.length) {
    throw new InvariantViolation('One update of the index has two parts of the same resource.')
  }
}

/** What cannot be read is undefined. */
async function readState(view: StoreView): Promise<IndexState | null | undefined> {
  const bytes = await view.get(STATE_KEY)
  return bytes === undefined ? null : decodeState(bytes)
}

/** That may have entries: those of its feed, and those that it was opened for. */
function namesIn(
  state: IndexState | null,
  resources: readonly ResourceDescription[],
): readonly ResourceName[] {
  const ofFeed = Object.keys(state?.feed.partitions ?? {}).flatMap((name) => parseResourceName(name) ?? [])
  return [...ofFeed, ...resources.map(({ name }) => name)]
}

function only<T>(isKept: (name: string) => boolean, byName: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(byName).filter(([name]) => isKept(name)))
}
