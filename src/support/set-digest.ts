/** A digest of a set of keys with a digest each, in 256 buckets: two sets are equal if their roots are (docs/certificate.md). */
import { createHash, hash, type Hash } from 'node:crypto'

export const BUCKETS = 256
/** Of an entry's digest. */
const DIGEST_BYTES = 16
const LENGTH_BYTES = 2
const LONGEST_KEY = 0xffff
/** Entries of a bucket are gathered: a call into the runtime for each costs more than the hashing. */
const PENDING_BYTES = 4096

export interface SetDigest {
  /** Entries of the set. */
  readonly keys: number
  /** SHA-256 of each bucket's entries, as 64 lower-case hex digits. */
  readonly buckets: readonly string[]
  /** SHA-256 of the bytes of all bucket digests, as 64 lower-case hex digits. */
  readonly root: string
}

/** The first byte of the key's SHA-256: 0 to 255. */
export function bucketOf(key: string): number {
  return hash('sha256', key, 'buffer')[0] ?? 0
}

/** Takes entries in ascending order of key, at least within each bucket. Its memory does not grow with them. */
export class SetDigester {
  readonly #buckets = Array.from({ length: BUCKETS }, () => new Bucket())
  #keys = 0

  /**
   * @param key ASCII
   * @param digest 16 bytes
   * @throws {RangeError} for a key that does not come behind the one before in its bucket, and for what is no such entry
   */
  add(key: string, digest: Uint8Array): void {
    this.#buckets[bucketOf(key)]?.add(key, digest)
    this.#keys += 1
  }

  /** Of what was added. The last call. */
  end(): SetDigest {
    const root = createHash('sha256')
    const buckets = this.#buckets.map((bucket) => {
      const digest = bucket.end()
      root.update(digest)
      return digest.toString('hex')
    })
    return { keys: this.#keys, buckets, root: root.digest('hex') }
  }
}

class Bucket {
  readonly #hash: Hash = createHash('sha256')
  readonly #pending = Buffer.allocUnsafe(PENDING_BYTES)
  #end = 0
  #last = ''

  add(key: string, digest: Uint8Array): void {
    const { length } = key
    if (key <= this.#last) throw new RangeError(`${key} comes behind ${this.#last}`)
    if (length > LONGEST_KEY || digest.length !== DIGEST_BYTES) throw new RangeError(`no entry: ${key}`)
    this.#last = key
    const bytes = LENGTH_BYTES + length + DIGEST_BYTES
    if (this.#end + bytes > PENDING_BYTES) this.#flush()
    const into = bytes > PENDING_BYTES ? Buffer.allocUnsafe(bytes) : this.#pending
    const at = into === this.#pending ? this.#end : 0
    into.writeUInt16BE(length, at)
    into.write(key, at + LENGTH_BYTES, 'latin1')
    into.set(digest, at + LENGTH_BYTES + length)
    if (into === this.#pending) this.#end += bytes
    else this.#hash.update(into)
  }

  end(): Buffer {
    this.#flush()
    return this.#hash.digest()
  }

  #flush(): void {
    this.#hash.update(this.#pending.subarray(0, this.#end))
    this.#end = 0
  }
}
