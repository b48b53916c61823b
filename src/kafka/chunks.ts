/** A record to be written. */
export interface OutgoingRecord {
  /** UTF-8 if a string. */
  readonly key: string | Buffer | null
  /** Null is a tombstone. */
  readonly value: Buffer | null
  readonly headers: Readonly<Record<string, string | Buffer>>
  /** Epoch milliseconds. @default the client's clock when it is sent */
  readonly timestamp?: number
}

/** Lengths, deltas, attributes: at most this much per record beside its contents (record format v2). */
const RECORD_OVERHEAD_BYTES = 32
const HEADER_OVERHEAD_BYTES = 10

/** Upper bound of the record's bytes in a batch before compression. */
export function recordBytes(record: OutgoingRecord): number {
  let bytes = RECORD_OVERHEAD_BYTES + byteLength(record.key) + byteLength(record.value)
  for (const name in record.headers) {
    bytes += HEADER_OVERHEAD_BYTES + Buffer.byteLength(name) + byteLength(record.headers[name] ?? null)
  }
  return bytes
}

/** The records in their order, cut so that no part exceeds `maxBytes`, except one that is a single record. */
export function* chunksOf<T extends OutgoingRecord>(
  records: readonly T[],
  maxBytes: number,
): Generator<readonly T[]> {
  let start = 0
  let bytes = 0
  for (const [index, record] of records.entries()) {
    const size = recordBytes(record)
    if (index > start && bytes + size > maxBytes) {
      yield records.slice(start, index)
      start = index
      bytes = 0
    }
    bytes += size
  }
  if (start < records.length) yield records.slice(start)
}

function byteLength(value: string | Buffer | null): number {
  return value === null ? 0 : Buffer.byteLength(value)
}
