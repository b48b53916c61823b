import { ClassicLevel, type Snapshot } from 'classic-level'
import { openingError, readError, writeError } from './errors.ts'

/** All keys that begin with `start`; `end` is the first that comes after them. */
export interface KeyRange {
  readonly start: string
  readonly end: string
}

export type StoreOperation =
  | { readonly type: 'put'; readonly key: string; readonly value: Buffer }
  | { readonly type: 'del'; readonly key: string }

/** A view of the store at one moment, to be read in batches. */
export interface StoreView extends AsyncDisposable {
  batches(range: KeyRange): AsyncGenerator<readonly (readonly [string, Buffer])[], void, undefined>
  get(key: string): Promise<Buffer | undefined>
  isEmpty(range: KeyRange): Promise<boolean>
}

type Database = ClassicLevel<string, Buffer>

const BATCH_ENTRIES = 1000
// LevelDB's own limit of 16 KiB would end a batch after about 100 entries.
const BATCH_BYTES = 1024 * 1024

/**
 * LevelDB with this room's errors. Keys are ASCII, so that LevelDB's order of bytes is JavaScript's order of strings.
 * Writes are not synced to the disk: what a crash of the host takes is read again from the topics (R2).
 */
export class LevelStore implements AsyncDisposable {
  readonly location: string
  readonly #cacheBytes: number
  #db: Database

  private constructor(location: string, cacheBytes: number, db: Database) {
    this.location = location
    this.#cacheBytes = cacheBytes
    this.#db = db
  }

  /** @throws what LevelDB says; `openingError` translates it. */
  static async open(location: string, cacheBytes: number): Promise<LevelStore> {
    return new LevelStore(location, cacheBytes, await openDatabase(location, cacheBytes))
  }

  /** Deletes LevelDB's files in `location`, and no others. */
  static async destroy(location: string): Promise<void> {
    await ClassicLevel.destroy(location)
  }

  /**
   * Empties the store. By removing its files: a damaged table cannot be cleared key by key, and a full one not quickly.
   * Iterators that are still open fail.
   */
  async recreate(): Promise<void> {
    try {
      await this.#db.close()
      await LevelStore.destroy(this.location)
      this.#db = await openDatabase(this.location, this.#cacheBytes)
    } catch (error) {
      throw openingError(this.location, error)
    }
  }

  async getMany(keys: readonly string[]): Promise<(Buffer | undefined)[]> {
    try {
      return await this.#db.getMany([...keys])
    } catch (error) {
      throw readError(this.location, error)
    }
  }

  /** Undefined if the range is empty. */
  async first({ start, end }: KeyRange): Promise<readonly [string, Buffer] | undefined> {
    try {
      await using iterator = this.#db.iterator({ gte: start, lt: end, limit: 1 })
      return await iterator.next()
    } catch (error) {
      throw readError(this.location, error)
    }
  }

  /** The greatest key of the range; undefined if that is empty. */
  async last({ start, end }: KeyRange): Promise<string | undefined> {
    try {
      await using keys = this.#db.keys({ gte: start, lt: end, reverse: true, limit: 1 })
      return await keys.next()
    } catch (error) {
      throw readError(this.location, error)
    }
  }

  /** Atomic. */
  async write(operations: readonly StoreOperation[]): Promise<void> {
    if (operations.length === 0) return
    try {
      // One call for each is a third of the work of an array, of which every operation is copied and read by name.
      await using batch = this.#db.batch()
      for (const operation of operations) {
        if (operation.type === 'put') batch.put(operation.key, operation.value)
        else batch.del(operation.key)
      }
      await batch.write()
    } catch (error) {
      throw writeError(this.location, error)
    }
  }

  async clear({ start, end }: KeyRange): Promise<void> {
    try {
      await this.#db.clear({ gte: start, lt: end })
    } catch (error) {
      throw readError(this.location, error)
    }
  }

  view(): StoreView {
    const db = this.#db
    const location = this.location
    const snapshot = this.#snapshot()
    return {
      async *batches({ start, end }) {
        const options = { gte: start, lt: end, snapshot, highWaterMarkBytes: BATCH_BYTES }
        try {
          await using iterator = db.iterator(options)
          for (;;) {
            const batch = await iterator.nextv(BATCH_ENTRIES)
            if (batch.length === 0) return
            yield batch
          }
        } catch (error) {
          throw readError(location, error)
        }
      },
      async get(key) {
        try {
          return await db.get(key, { snapshot })
        } catch (error) {
          throw readError(location, error)
        }
      },
      async isEmpty({ start, end }) {
        try {
          await using keys = db.keys({ gte: start, lt: end, snapshot, limit: 1 })
          return (await keys.next()) === undefined
        } catch (error) {
          throw readError(location, error)
        }
      },
      async [Symbol.asyncDispose]() {
        await snapshot.close()
      },
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#db.close()
  }

  #snapshot(): Snapshot {
    try {
      return this.#db.snapshot()
    } catch (error) {
      throw readError(this.location, error)
    }
  }
}

async function openDatabase(location: string, cacheSize: number): Promise<Database> {
  // Digests do not compress.
  const db: Database = new ClassicLevel(location, { valueEncoding: 'buffer', cacheSize, compression: false })
  await db.open()
  return db
}
