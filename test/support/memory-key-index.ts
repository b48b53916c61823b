import type { Instant } from '../../src/listing/instant.ts'
import type { PassId } from '../../src/listing/pass.ts'
import type { RecordKey } from '../../src/listing/record-key.ts'
import { RESOURCES, type ResourceName } from '../../src/listing/resource.ts'
import type {
  FeedIdentity,
  IndexEntry,
  IndexState,
  IndexUpdate,
  KeyIndex,
  LedgerSet,
  WalkLedger,
} from '../../src/replication/ports.ts'
import { InvariantViolation } from '../../src/support/errors.ts'

/** The in-memory twin of `LevelKeyIndex`: passes the same contract (test/key-index/key-index-contract.ts). */
export class MemoryKeyIndex implements KeyIndex {
  readonly ledger: MemoryWalkLedger
  readonly #entries = new Map<ResourceName, Map<RecordKey, IndexEntry>>()
  readonly #batchSize: number
  #state: IndexState | null = null

  /** Small batches show whether the caller copes with more than one. */
  constructor(options: { readonly batchSize?: number } = {}) {
    this.#batchSize = options.batchSize ?? 1000
    this.ledger = new MemoryWalkLedger(this.#batchSize)
  }

  async getMany(
    resource: ResourceName,
    keys: readonly RecordKey[],
  ): Promise<readonly (IndexEntry | undefined)[]> {
    return keys.map((key) => this.#of(resource).get(key))
  }

  async apply({ resource, puts, drops, nextOffsets, at }: IndexUpdate): Promise<void> {
    const both = drops.find((key) => puts.has(key))
    if (both !== undefined)
      throw new InvariantViolation(`One update of the index both puts and drops ${both}.`)
    const entries = this.#of(resource)
    for (const [key, entry] of puts) entries.set(key, withAllStamps(resource, entry))
    for (const key of drops) entries.delete(key)
    if (this.#state === null) return
    const request = Math.max(this.#state.request, ...[...puts.values()].map((entry) => entry.request))
    this.#state = {
      ...this.#state,
      nextOffsets: nextOffsets ?? this.#state.nextOffsets,
      writtenAt: at,
      request,
    }
  }

  async *entries(
    resource: ResourceName,
  ): AsyncGenerator<readonly (readonly [RecordKey, IndexEntry])[], void, undefined> {
    yield* batchesByKey(this.#of(resource), this.#batchSize)
  }

  state(): IndexState | null {
    return this.#state
  }

  async reset(feed: FeedIdentity, at: Instant): Promise<void> {
    this.#entries.clear()
    this.ledger.clear()
    this.#state = { feed, nextOffsets: {}, writtenAt: at, request: 0 }
  }

  async verify(): Promise<boolean> {
    return true
  }

  #of(resource: ResourceName): Map<RecordKey, IndexEntry> {
    const entries = this.#entries.get(resource) ?? new Map<RecordKey, IndexEntry>()
    this.#entries.set(resource, entries)
    return entries
  }
}

interface Mark {
  readonly page: number
  readonly note: string
}

export class MemoryWalkLedger implements WalkLedger {
  readonly #passes = new Map<PassId, Map<LedgerSet, Map<RecordKey, Mark>>>()
  readonly #batchSize: number

  constructor(batchSize: number) {
    this.#batchSize = batchSize
  }

  async add(
    pass: PassId,
    set: LedgerSet,
    page: number,
    keys: readonly (readonly [RecordKey, string])[],
  ): Promise<readonly boolean[]> {
    const sets = this.#passes.get(pass) ?? new Map<LedgerSet, Map<RecordKey, Mark>>()
    const marks = sets.get(set) ?? new Map<RecordKey, Mark>()
    this.#passes.set(pass, sets.set(set, marks))
    const inThisCall = new Set<RecordKey>()
    return keys.map(([key, note]) => {
      const earlier = marks.get(key)
      const isOld = earlier !== undefined && earlier.page < page
      const fresh = !isOld && !inThisCall.has(key)
      inThisCall.add(key)
      marks.set(key, { page: isOld ? earlier.page : page, note })
      return fresh
    })
  }

  async *entries(
    pass: PassId,
    set: LedgerSet,
  ): AsyncGenerator<readonly (readonly [RecordKey, string])[], void, undefined> {
    for await (const batch of batchesByKey(this.#marks(pass, set), this.#batchSize)) {
      yield batch.map(([key, { note }]) => [key, note] as const)
    }
  }

  async size(pass: PassId, set: LedgerSet, page: number): Promise<number> {
    return [...this.#marks(pass, set).values()].filter((mark) => mark.page < page).length
  }

  async drop(pass: PassId, set?: LedgerSet): Promise<void> {
    if (set === undefined) this.#passes.delete(pass)
    else this.#passes.get(pass)?.delete(set)
  }

  async keepOnly(passes: readonly PassId[]): Promise<void> {
    for (const pass of this.#passes.keys()) if (!passes.includes(pass)) this.#passes.delete(pass)
  }

  clear(): void {
    this.#passes.clear()
  }

  #marks(pass: PassId, set: LedgerSet): ReadonlyMap<RecordKey, Mark> {
    return this.#passes.get(pass)?.get(set) ?? new Map<RecordKey, Mark>()
  }
}

/** Ascending, as of the first batch. */
async function* batchesByKey<T>(
  map: ReadonlyMap<RecordKey, T>,
  size: number,
): AsyncGenerator<readonly (readonly [RecordKey, T])[], void, undefined> {
  const sorted = [...map].sort(([a], [b]) => (a < b ? -1 : 1))
  for (let start = 0; start < sorted.length; start += size) yield sorted.slice(start, start + size)
}

function withAllStamps(resource: ResourceName, entry: IndexEntry): IndexEntry {
  const subresources = RESOURCES.find(({ name }) => name === resource)?.subresources ?? []
  const changeStamps = Object.fromEntries(
    subresources.map(({ name }) => [name, entry.changeStamps[name] ?? null]),
  )
  return { ...entry, changeStamps }
}
