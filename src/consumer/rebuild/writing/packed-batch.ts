import type { NextOffsets } from '../../../domain/pass.ts'
import type { ResourceName } from '../../../domain/resource.ts'
import { HEADERS } from '../../../events/header-names.ts'
import { HeaderFinder } from '../../../kafka/header-finder.ts'
import type { LogRecord } from '../../../kafka/read-topic.ts'

/** Records of one partition in two blocks of memory, so that they change threads without being copied. */
export interface PackedBatch {
  readonly resource: ResourceName
  readonly partition: number
  /** Digests, keys and values, one behind the other. */
  readonly bytes: Uint8Array<ArrayBuffer>
  /**
   * Five numbers a record: where its digest begins (−1: it has none), where its key does, where its value does, where that ends
   * (−1: a tombstone); offset.
   */
  readonly places: Float64Array<ArrayBuffer>
  /** Where the reading of all tables stands after it. */
  readonly reached: NextOffsets
}

const PLACES = 5
export const TOMBSTONE = -1
/** Hex digits of the header. */
export const DIGEST_LENGTH = 32
const NONE = -1
/** Of the finder's names. */
const DIGEST = 0

/** What a batch takes of a record. */
export type PackableRecord = Pick<LogRecord, 'key' | 'value' | 'offset' | 'visitHeaders'>

export function packBatch(
  records: readonly PackableRecord[],
  facts: Omit<PackedBatch, 'bytes' | 'places'>,
): PackedBatch {
  const finder = new HeaderFinder([HEADERS.digest])
  let size = DIGEST_LENGTH * records.length
  for (const { key, value } of records) size += (key?.length ?? 0) + (value?.length ?? 0)
  const bytes = new Uint8Array(size)
  const places = new Float64Array(PLACES * records.length)
  let at = 0
  for (const [i, record] of records.entries()) {
    const { key, value, offset } = record
    finder.find(record)
    const start = finder.startOf(DIGEST)
    const hasDigest = start >= 0 && finder.endOf(DIGEST) - start === DIGEST_LENGTH
    if (hasDigest) bytes.set(finder.bytes.subarray(start, start + DIGEST_LENGTH), at)
    const keyAt = at + DIGEST_LENGTH
    const valueAt = keyAt + (key?.length ?? 0)
    if (key !== null) bytes.set(key, keyAt)
    if (value !== null) bytes.set(value, valueAt)
    const end = valueAt + (value?.length ?? 0)
    places.set([hasDigest ? at : NONE, keyAt, valueAt, value === null ? TOMBSTONE : end, offset], PLACES * i)
    at = end
  }
  return { ...facts, bytes, places }
}

export interface PackedRecord {
  /** −1: it has none. */
  readonly digestStart: number
  readonly keyStart: number
  readonly valueStart: number
  /** `TOMBSTONE`, or where the value ends. */
  readonly valueEnd: number
  readonly offset: number
}

export function recordsIn({ places }: Pick<PackedBatch, 'places'>): number {
  return places.length / PLACES
}

/** Last one first. */
export function* backwards({ places }: PackedBatch): Generator<PackedRecord, void, undefined> {
  for (let i = places.length - PLACES; i >= 0; i -= PLACES) {
    const [digestStart = NONE, keyStart = 0, valueStart = 0, valueEnd = 0, offset = 0] = places.subarray(
      i,
      i + PLACES,
    )
    yield { digestStart, keyStart, valueStart, valueEnd, offset }
  }
}
