import { crc32 } from 'node:zlib'
import type { RecordKey } from '../domain/record-key.ts'

const BUCKETS = 256
const BYTES = BUCKETS * 8

/** What one entry adds to its bucket. */
export interface EntryCheck {
  readonly keyCrc: number
  /** CRC-32 of key and value. */
  readonly crc: number
}

export function checkOf(key: RecordKey, value: Uint8Array): EntryCheck {
  const keyCrc = crc32(key)
  return { keyCrc, crc: crc32(value, keyCrc) }
}

/**
 * Count and XOR of the CRC-32 of all entries, in 256 buckets by the CRC-32 of the key. LevelDB does not verify what it
 * reads; any single entry that is changed, lost or added shows here. Both are commutative, so a batch updates them
 * without reading the rest.
 */
export class BucketSums {
  readonly #counts: Uint32Array<ArrayBuffer>
  readonly #xors: Uint32Array<ArrayBuffer>

  constructor(from?: BucketSums) {
    this.#counts = from === undefined ? new Uint32Array(BUCKETS) : Uint32Array.from(from.#counts)
    this.#xors = from === undefined ? new Uint32Array(BUCKETS) : Uint32Array.from(from.#xors)
  }

  add(check: EntryCheck): void {
    this.#change(check, 1)
  }

  remove(check: EntryCheck): void {
    this.#change(check, -1)
  }

  #change({ keyCrc, crc }: EntryCheck, by: number): void {
    const bucket = keyCrc % BUCKETS
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + by
    this.#xors[bucket] = (this.#xors[bucket] ?? 0) ^ crc
  }

  /** 2 KiB: per bucket the count and the XOR, big-endian. Cheaper as one value than as the 250 buckets that a page changes. */
  toBytes(): Buffer {
    const bytes = Buffer.allocUnsafe(BYTES)
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      bytes.writeUInt32BE(this.#counts[bucket] ?? 0, bucket * 8)
      bytes.writeUInt32BE(this.#xors[bucket] ?? 0, bucket * 8 + 4)
    }
    return bytes
  }

  /** Undefined if `bytes` has not the length of sums; whether they are right, only a scan can tell. */
  static fromBytes(bytes: Buffer): BucketSums | undefined {
    if (bytes.length !== BYTES) return undefined
    const sums = new BucketSums()
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      sums.#counts[bucket] = bytes.readUInt32BE(bucket * 8)
      sums.#xors[bucket] = bytes.readUInt32BE(bucket * 8 + 4)
    }
    return sums
  }

  equals(other: BucketSums): boolean {
    return this.toBytes().equals(other.toBytes())
  }
}
