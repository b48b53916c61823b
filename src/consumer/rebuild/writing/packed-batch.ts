import type { NextOffsets } from '../../../domain/pass.ts'
import type { ResourceName } from '../../../domain/resource.ts'
import type { KafkaRecord } from '../../../kafka/read-topic.ts'

/** Records of one partition in two blocks of memory, so that they change threads without being copied. */
export interface PackedBatch {
  readonly resource: ResourceName
  readonly partition: number
  /** Keys and values, one behind the other. */
  readonly bytes: Uint8Array<ArrayBuffer>
  /** Four numbers a record: where its key begins, where its value does, where that ends; offset. -1 at the end: a tombstone. */
  readonly places: Float64Array<ArrayBuffer>
  /** Where the reading of all tables stands after it. */
  readonly reached: NextOffsets
}

const PLACES = 4
export const TOMBSTONE = -1

export function packBatch(
  records: readonly KafkaRecord[],
  facts: Omit<PackedBatch, 'bytes' | 'places'>,
): PackedBatch {
  let size = 0
  for (const { key, value } of records) size += (key?.length ?? 0) + (value?.length ?? 0)
  const bytes = new Uint8Array(size)
  const places = new Float64Array(PLACES * records.length)
  let at = 0
  for (const [i, { key, value, offset }] of records.entries()) {
    const valueAt = at + (key?.length ?? 0)
    if (key !== null) bytes.set(key, at)
    if (value !== null) bytes.set(value, valueAt)
    const end = valueAt + (value?.length ?? 0)
    places.set([at, valueAt, value === null ? TOMBSTONE : end, offset], PLACES * i)
    at = end
  }
  return { ...facts, bytes, places }
}

export interface PackedRecord {
  readonly keyStart: number
  readonly valueStart: number
  /** `TOMBSTONE`, or where the value ends. */
  readonly valueEnd: number
  readonly offset: number
}

/** Last one first. */
export function* backwards({ places }: PackedBatch): Generator<PackedRecord, void, undefined> {
  for (let i = places.length - PLACES; i >= 0; i -= PLACES) {
    const [keyStart = 0, valueStart = 0, valueEnd = 0, offset = 0] = places.subarray(i, i + PLACES)
    yield { keyStart, valueStart, valueEnd, offset }
  }
}
