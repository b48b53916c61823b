import { crc32 } from 'node:zlib'

import type { PassId } from '../domain/pass.ts'
import type { RecordKey } from '../domain/record-key.ts'
import type { LedgerSet, WalkLedger } from '../replication/ports.ts'
import { SerialQueue } from '../support/serial-queue.ts'
import { LedgerDamagedError } from './errors.ts'
import { ledgerPrefix, ledgerRange, ledgersBesides, recordKeyOf } from './key-layout.ts'
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
        const earlier = bytes === undefined ? undefined : this.#decode(prefix + key, bytes)
        const kept = earlier !== undefined && earlier.page < page ? earlier : undefined
        const fresh = kept === undefined && !marks.has(key)
        marks.set(key, { page: kept?.page ?? page, note })
        return fresh
      })
      await this.#store.write(
        [...marks].map(([key, mark]) => ({
          type: 'put',
          key: prefix + key,
          value: encodeMark(prefix + key, mark),
        })),
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

  keepOnly(passes: readonly PassId[]): Promise<void> {
    return this.#queue.run(async () => {
      for (const range of ledgersBesides(passes)) await this.#store.clear(range)
    })
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
        if (key === undefined) throw this.#damaged()
        return [key, this.#decode(storeKey, bytes)] as const
      })
    }
  }

  #decode(storeKey: string, bytes: Buffer): Mark {
    const mark = decodeMark(storeKey, bytes)
    if (mark === undefined) throw this.#damaged()
    return mark
  }

  #damaged(): LedgerDamagedError {
    return new LedgerDamagedError(this.#store.location)
  }
}

// CRC-32 of key, page and note; the page; the note. LevelDB does not verify what it reads.
const CHECK_BYTES = 4
const HEAD_BYTES = 8

function encodeMark(storeKey: string, { page, note }: Mark): Buffer {
  const bytes = Buffer.allocUnsafe(HEAD_BYTES + Buffer.byteLength(note))
  bytes.writeUInt32BE(page, CHECK_BYTES)
  bytes.write(note, HEAD_BYTES)
  bytes.writeUInt32BE(checkOf(storeKey, bytes))
  return bytes
}

/** Undefined if it is not as it was written under this key. */
function decodeMark(storeKey: string, bytes: Buffer): Mark | undefined {
  if (bytes.length < HEAD_BYTES || bytes.readUInt32BE(0) !== checkOf(storeKey, bytes)) return undefined
  return { page: bytes.readUInt32BE(CHECK_BYTES), note: bytes.toString('utf8', HEAD_BYTES) }
}

function checkOf(storeKey: string, bytes: Buffer): number {
  return crc32(bytes.subarray(CHECK_BYTES), crc32(storeKey))
}
