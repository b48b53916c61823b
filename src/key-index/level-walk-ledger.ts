import type { PassId } from '../listing/pass.ts'
import type { RecordKey } from '../listing/record-key.ts'
import type { LedgerSet, WalkLedger } from '../replication/ports.ts'
import { SerialQueue } from '../support/serial-queue.ts'
import { IndexCorruptError } from './errors.ts'
import { ledgerPrefix, ledgerRange, recordKeyOf } from './key-layout.ts'
import type { LevelStore } from './level-store.ts'

interface Mark {
  readonly page: number
  readonly note: string
}

/**
 * A key that is marked again keeps the page of its first mark and takes the newer note. A mark of the same or a later page
 * is left over from before a crash, and counts as not there.
 */
export class LevelWalkLedger implements WalkLedger {
  readonly #store: LevelStore
  readonly #queue = new SerialQueue()

  constructor(store: LevelStore) {
    this.#store = store
  }

  add(
    pass: PassId,
    set: LedgerSet,
    page: number,
    keys: readonly (readonly [RecordKey, string])[],
  ): Promise<readonly boolean[]> {
    return this.#queue.run(async () => {
      const prefix = ledgerPrefix(pass, set)
      const found = await this.#store.getMany(keys.map(([key]) => prefix + key))
      const marks = new Map<RecordKey, Mark>()
      const isNew = keys.map(([key, note], i) => {
        const bytes = found[i]
        const earlier = bytes === undefined ? undefined : this.#decode(bytes)
        const kept = earlier !== undefined && earlier.page < page ? earlier : undefined
        const fresh = kept === undefined && !marks.has(key)
        marks.set(key, { page: kept?.page ?? page, note })
        return fresh
      })
      await this.#store.write(
        [...marks].map(([key, mark]) => ({ type: 'put', key: prefix + key, value: encodeMark(mark) })),
      )
      return isNew
    })
  }

  async *entries(
    pass: PassId,
    set: LedgerSet,
  ): AsyncGenerator<readonly (readonly [RecordKey, string])[], void, undefined> {
    for await (const batch of this.#marks(pass, set)) {
      yield batch.map(([key, { note }]) => [key, note] as const)
    }
  }

  async size(pass: PassId, set: LedgerSet, page: number): Promise<number> {
    let size = 0
    for await (const batch of this.#marks(pass, set)) {
      for (const [, mark] of batch) if (mark.page < page) size += 1
    }
    return size
  }

  drop(pass: PassId, set?: LedgerSet): Promise<void> {
    return this.#queue.run(() => this.#store.clear(ledgerRange(pass, set)))
  }

  /** Resolves when every write given so far has ended. */
  idle(): Promise<void> {
    return this.#queue.idle()
  }

  async *#marks(
    pass: PassId,
    set: LedgerSet,
  ): AsyncGenerator<readonly (readonly [RecordKey, Mark])[], void, undefined> {
    const prefix = ledgerPrefix(pass, set)
    await using view = this.#store.view()
    for await (const batch of view.batches(ledgerRange(pass, set))) {
      yield batch.map(([storeKey, bytes]) => {
        const key = recordKeyOf(storeKey, prefix)
        if (key === undefined) throw this.#corrupt()
        return [key, this.#decode(bytes)] as const
      })
    }
  }

  #decode(bytes: Buffer): Mark {
    if (bytes.length < 4) throw this.#corrupt()
    return { page: bytes.readUInt32BE(0), note: bytes.toString('utf8', 4) }
  }

  #corrupt(): IndexCorruptError {
    return new IndexCorruptError(this.#store.location, 'a mark of a walk cannot be read')
  }
}

function encodeMark({ page, note }: Mark): Buffer {
  const bytes = Buffer.allocUnsafe(4 + Buffer.byteLength(note))
  bytes.writeUInt32BE(page)
  bytes.write(note, 4)
  return bytes
}
