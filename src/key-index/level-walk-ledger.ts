import type { PassId } from '../domain/pass.ts'
import type { RecordKey } from '../domain/record-key.ts'
import type { LedgerSet, WalkLedger } from '../replication/ports.ts'
import { mergeJoinBatches } from '../support/merge-join.ts'
import { SerialQueue } from '../support/serial-queue.ts'
import { slices } from '../support/slices.ts'
import { LedgerDamagedError } from './errors.ts'
import {
  ledgerPlace,
  ledgerRange,
  ledgersBesides,
  recordKeyOf,
  runKey,
  type LedgerPlace,
} from './key-layout.ts'
import { decodeMark, decodeRun, encodeMark, encodeRun, runHead, type Mark, type Run } from './ledger-codec.ts'
import type { LevelStore, StoreOperation, StoreView } from './level-store.ts'

/** In ascending order of key. */
type Marks = readonly (readonly [RecordKey, Mark])[]

/** Of a run, and of what is read at once (R14). */
const MOST_MARKS = 1000

/**
 * A key that is marked again keeps the page of its first mark and takes the newer note. A mark of the same or a later page
 * is left over from before a crash, and counts as not there.
 *
 * A walk shows its keys in ascending order nearly always: those of a page that are greater than all before them are one
 * value, a run, which takes a thirtieth of the time of a value for each. All others are marks of their own, and say more than
 * a run that has their key, too. So no key is in two runs, and runs do not overlap.
 */
export class LevelWalkLedger implements WalkLedger {
  readonly #store: LevelStore
  readonly #queue = new SerialQueue()
  /** By set, a key that none of it is greater than. */
  readonly #tops = new Map<string, string>()

  constructor(store: LevelStore) {
    this.#store = store
  }

  add(
    pass: PassId,
    set: LedgerSet,
    page: number,
    keys: readonly (readonly [RecordKey, string])[],
  ): Promise<readonly boolean[]> {
    if (keys.length === 0) return Promise.resolve([])
    return this.#queue.run(() => this.#add(ledgerPlace(pass, set), page, keys))
  }

  async *entries(
    pass: PassId,
    set: LedgerSet,
  ): AsyncGenerator<readonly (readonly [RecordKey, string])[], void, undefined> {
    const place = ledgerPlace(pass, set)
    await using view = this.#store.view()
    if (await view.isEmpty(place.marks)) {
      for await (const { keys, notes } of this.#runs(view, place)) {
        yield keys.map((key, i) => [key, notes[i] ?? ''] as const)
      }
      return
    }
    for await (const batch of this.#allMarks(view, place)) {
      yield batch.map(([key, { note }]) => [key, note] as const)
    }
  }

  async size(pass: PassId, set: LedgerSet, page: number): Promise<number> {
    const place = ledgerPlace(pass, set)
    await using view = this.#store.view()
    let size = 0
    if (await view.isEmpty(place.marks)) {
      for await (const batch of view.batches(place.runs)) {
        for (const [storeKey, bytes] of batch) {
          const run = runHead(storeKey, bytes)
          if (run === undefined) throw this.#damaged()
          if (run.page < page) size += run.size
        }
      }
      return size
    }
    for await (const batch of this.#allMarks(view, place)) {
      for (const [, mark] of batch) if (mark.page < page) size += 1
    }
    return size
  }

  drop(pass: PassId, set?: LedgerSet): Promise<void> {
    return this.#queue.run(async () => {
      this.#tops.clear()
      await this.#store.clear(ledgerRange(pass, set))
    })
  }

  keepOnly(passes: readonly PassId[]): Promise<void> {
    return this.#queue.run(async () => {
      this.#tops.clear()
      for (const range of ledgersBesides(passes)) await this.#store.clear(range)
    })
  }

  /** Resolves when every write given so far has ended. */
  idle(): Promise<void> {
    return this.#queue.idle()
  }

  async #add(
    place: LedgerPlace,
    page: number,
    keys: readonly (readonly [RecordKey, string])[],
  ): Promise<readonly boolean[]> {
    const top = this.#tops.get(place.prefix) ?? (await this.#topOf(place))
    if (isAscending(keys, top)) {
      await this.#write(place, runsOf(place, page, keys), keys.at(-1)?.[0] ?? top)
      return keys.map(() => true)
    }
    const newest = new Map(keys)
    const sorted = [...newest].sort(([a], [b]) => (a < b ? -1 : 1))
    const above = sorted.filter(([key]) => key > top)
    const among = sorted.filter(([key]) => key <= top)
    const earlier = await this.#earlier(
      place,
      among.map(([key]) => key),
      page,
    )
    const operations = runsOf(place, page, above)
    for (const [key, note] of among) {
      const storeKey = place.prefix + key
      const mark = { page: earlier.get(key) ?? page, note }
      operations.push({ type: 'put', key: storeKey, value: encodeMark(storeKey, mark) })
    }
    await this.#write(place, operations, above.at(-1)?.[0] ?? top)
    const known = new Set(earlier.keys())
    return keys.map(([key]) => !known.has(key) && known.add(key) !== undefined)
  }

  async #write(place: LedgerPlace, operations: readonly StoreOperation[], top: string): Promise<void> {
    // Before: it is the top, too, if nobody knows what was written.
    this.#tops.set(place.prefix, top)
    await this.#store.write(operations)
  }

  /** The page that added each of these keys, of those that a page before this one did. @param keys ascending */
  async #earlier(
    place: LedgerPlace,
    keys: readonly RecordKey[],
    page: number,
  ): Promise<ReadonlyMap<RecordKey, number>> {
    const pages = new Map<RecordKey, number>()
    if (keys.length === 0) return pages
    const found = await this.#store.getMany(keys.map((key) => place.prefix + key))
    /** The first one that does not end before the key; null: none. */
    let run: Run | null | undefined
    for (const [i, key] of keys.entries()) {
      const bytes = found[i]
      let marked: number | undefined
      if (bytes === undefined) {
        if (run === undefined || (run !== null && key > lastOf(run))) run = await this.#runFrom(place, key)
        marked = run !== null && isIn(run.keys, key) ? run.page : undefined
      } else marked = this.#markOf(place.prefix + key, bytes).page
      if (marked !== undefined && marked < page) pages.set(key, marked)
    }
    return pages
  }

  /** Null if all of them end before the key. */
  async #runFrom({ runs, prefix }: LedgerPlace, key: RecordKey): Promise<Run | null> {
    const found = await this.#store.first({ start: runKey(prefix, key), end: runs.end })
    return found === undefined ? null : this.#runOf(...found)
  }

  /** The greatest key of the set; empty if it has none. */
  async #topOf({ runs, marks, prefix }: LedgerPlace): Promise<string> {
    const run = (await this.#store.last(runs))?.slice(runKey(prefix, '').length) ?? ''
    const mark = (await this.#store.last(marks))?.slice(prefix.length) ?? ''
    return run > mark ? run : mark
  }

  async *#runs(view: StoreView, { runs }: LedgerPlace): AsyncGenerator<Run, void, undefined> {
    for await (const batch of view.batches(runs)) {
      for (const [storeKey, bytes] of batch) yield this.#runOf(storeKey, bytes)
    }
  }

  async *#runMarks(view: StoreView, place: LedgerPlace): AsyncGenerator<Marks, void, undefined> {
    for await (const { keys, notes, page } of this.#runs(view, place)) {
      yield keys.map((key, i) => [key, { page, note: notes[i] ?? '' }] as const)
    }
  }

  async *#ownMarks(view: StoreView, { marks, prefix }: LedgerPlace): AsyncGenerator<Marks, void, undefined> {
    for await (const batch of view.batches(marks)) {
      yield batch.map(([storeKey, bytes]) => {
        const key = recordKeyOf(storeKey, prefix)
        if (key === undefined) throw this.#damaged()
        return [key, this.#markOf(storeKey, bytes)] as const
      })
    }
  }

  /** Of runs and of their own. */
  async *#allMarks(view: StoreView, place: LedgerPlace): AsyncGenerator<Marks, void, undefined> {
    const joined = mergeJoinBatches(this.#ownMarks(view, place), this.#runMarks(view, place))
    for await (const batch of joined) {
      for (const some of slices(batch, MOST_MARKS)) {
        yield some.flatMap(({ key, left, right }) => {
          const mark = left ?? right
          return mark === undefined ? [] : [[key, mark] as const]
        })
      }
    }
  }

  #markOf(storeKey: string, bytes: Buffer): Mark {
    const mark = decodeMark(storeKey, bytes)
    if (mark === undefined) throw this.#damaged()
    return mark
  }

  #runOf(storeKey: string, bytes: Buffer): Run {
    const run = decodeRun(storeKey, bytes)
    if (run === undefined) throw this.#damaged()
    return run
  }

  #damaged(): LedgerDamagedError {
    return new LedgerDamagedError(this.#store.location)
  }
}

/** @param marks ascending, and above all others */
function runsOf(
  { prefix }: LedgerPlace,
  page: number,
  marks: readonly (readonly [RecordKey, string])[],
): StoreOperation[] {
  const runs: StoreOperation[] = []
  for (const some of slices(marks, MOST_MARKS)) {
    const key = runKey(prefix, some.at(-1)?.[0] ?? '')
    const run = { page, keys: some.map(([marked]) => marked), notes: some.map(([, note]) => note) }
    runs.push({ type: 'put', key, value: encodeRun(key, run) })
  }
  return runs
}

function isAscending(marks: readonly (readonly [RecordKey, string])[], from: string): boolean {
  let before = from
  for (const [key] of marks) {
    if (key <= before) return false
    before = key
  }
  return true
}

function lastOf({ keys }: Run): string {
  return keys.at(-1) ?? ''
}

/** @param keys ascending */
function isIn(keys: readonly RecordKey[], key: RecordKey): boolean {
  let from = 0
  let to = keys.length
  while (from < to) {
    const middle = (from + to) >> 1
    if ((keys[middle] ?? '') < key) from = middle + 1
    else to = middle
  }
  return keys[from] === key
}
