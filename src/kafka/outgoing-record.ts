/** A record to be written. */
export interface OutgoingRecord {
  /** UTF-8 if a string. */
  readonly key: string | Uint8Array | null
  /** Null is a tombstone. */
  readonly value: RecordValue | null
  /** In this order; what many records share is best one object for all of them. */
  readonly headers: readonly OutgoingHeader[]
  /** Epoch milliseconds. @default the client's clock when it is sent */
  readonly timestamp?: number
}

/** Parts follow each other without anything between them: they are put together in the batch alone. */
export type RecordValue = Uint8Array | readonly Uint8Array[]

export interface OutgoingHeader {
  readonly name: string
  /** UTF-8 if a string. */
  readonly value: string | Uint8Array
}

export function partsOf(value: RecordValue): readonly Uint8Array[] {
  return value instanceof Uint8Array ? [value] : value
}

/** In one piece; one that is in one piece already is not copied. */
export function wholeValue(value: RecordValue): Buffer {
  const parts = partsOf(value)
  const [first] = parts
  return parts.length === 1 && first !== undefined ? asBuffer(first) : Buffer.concat(parts)
}

/** The same memory. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
