/** Record batches of magic 2 (KIP-98), as a broker hands them out. */
import { gunzipSync, zstdDecompressSync } from 'node:zlib'

/** Of a batch without its records. */
const HEADER = 61
const CONTROL = 0x20
const CODEC = 0x07
const CODECS: Readonly<Record<number, (records: Buffer) => Buffer>> = {
  0: (records) => records,
  1: gunzipSync,
  4: zstdDecompressSync,
}

export interface RecordBatch {
  readonly nextOffset: bigint
  readonly isControl: boolean
  readonly count: number
  readonly codec: number
  /** As they came, compressed or not. */
  readonly records: Buffer
}

/** The whole batches of what one partition answered: the last one may be cut off. */
export function* batchesOf(bytes: Buffer): Generator<RecordBatch, void, undefined> {
  for (let at = 0; at + HEADER <= bytes.length;) {
    const end = at + 12 + bytes.readInt32BE(at + 8)
    if (end > bytes.length) return
    const magic = bytes.readInt8(at + 16)
    if (magic !== 2) throw new Error(`A record batch has magic ${magic}.`)
    const attributes = bytes.readInt16BE(at + 21)
    yield {
      nextOffset: bytes.readBigInt64BE(at) + BigInt(bytes.readInt32BE(at + 23)) + 1n,
      isControl: (attributes & CONTROL) !== 0,
      count: bytes.readInt32BE(at + 57),
      codec: attributes & CODEC,
      records: bytes.subarray(at + HEADER, end),
    }
    at = end
  }
}

export function unpacked({ codec, records }: RecordBatch): Buffer {
  const unpack = CODECS[codec]
  if (unpack === undefined) throw new Error(`Codec ${codec} of a record batch is not known.`)
  return unpack(records)
}

export interface RawRecord {
  readonly key: Buffer
  /** Null of a tombstone. */
  readonly value: Buffer | null
}

/** Its records, without their headers: length, attributes, delta of the time, delta of the offset, key, value. */
export function* recordsIn(batch: RecordBatch): Generator<RawRecord, void, undefined> {
  const bytes = unpacked(batch)
  let at = 0
  /** A zigzag varint, of which the ones here are lengths. */
  const varint = (): number => {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++] ?? 0
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return (value >>> 1) ^ -(value & 1)
    }
  }
  const field = (): Buffer | null => {
    const length = varint()
    if (length < 0) return null
    at += length
    return bytes.subarray(at - length, at)
  }
  for (let left = batch.count; left > 0; left -= 1) {
    const size = varint()
    const end = at + size
    at += 1
    // A delta of the time may have more than 32 bits; where it ends is all that matters.
    while ((bytes[at++] ?? 0) >= 0x80);
    varint()
    yield { key: field() ?? Buffer.alloc(0), value: field() }
    at = end
  }
}
