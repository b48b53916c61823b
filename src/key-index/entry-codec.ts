import { isUtf8 } from 'node:buffer'

import { parseDigest, parseSchemaId, type Digest } from '../domain/content.ts'
import { instant, type Instant } from '../domain/instant.ts'
import type { ChangeStamp, ChangeStamps } from '../domain/resource.ts'
import type { EntryOutline, IndexEntry, Missing } from '../domain/index-entry.ts'
import { InvariantViolation } from '../support/errors.ts'

// Byte 0 version, 1 flags (bits 0–1 state, 2 has a timestamp, 3 has an MLS id, 4 has a published digest, 5 is missing,
// 6 has a number of masked fields), 2 bits of the
// change stamps present, 3 digest, 19 schema id, 23 partition, 27 offset, 35 request, 43 observed at; then the timestamp and
// the change stamps that are present, in the order of the description; then the published digest; then since when it is
// missing, as of when, and in how many sweeps; then the number of masked fields; then the MLS id to the end.
// Whole numbers above 32 bits are doubles, which hold them up to 2^53.
const VERSION = 1
const STATES = ['live', 'deleted', 'dead_lettered'] as const
const HAS_TIMESTAMP = 4
const HAS_MLS = 8
const HAS_PUBLISHED = 16
const IS_MISSING = 32
const HAS_MASKED = 64
const ALL_FLAGS = 127
const MASKED_BYTES = 4
const DIGEST_AT = 3
const DIGEST_BYTES = 16
const PARTITION_AT = 23
const OFFSET_AT = 27
const OBSERVED_AT = 43
const FIXED_BYTES = 51
const MAX_STAMPS = 8
/** Two instants and a number of 32 bits. */
const MISSING_BYTES = 20

/**
 * The entry as bytes. A change stamp that is absent is kept as null.
 *
 * @throws {InvariantViolation} on a value that the form cannot hold.
 */
export function encodeEntry(described: readonly ChangeStamp[], entry: IndexEntry): Buffer {
  const stamps = presentStamps(described, entry.changeStamps)
  const timestamp = entry.modificationTimestamp
  const mlsBytes = entry.mlsId === null ? 0 : Buffer.byteLength(entry.mlsId)
  const doubles = stamps.values.length + (timestamp === null ? 0 : 1)
  const published = entry.publishedDigest
  const publishedBytes = published === undefined ? 0 : DIGEST_BYTES
  const { missing } = entry
  const missingBytes = missing === undefined ? 0 : MISSING_BYTES
  const maskedBytes = entry.masked === undefined ? 0 : MASKED_BYTES
  const optionalBytes = publishedBytes + missingBytes + maskedBytes
  const bytes = Buffer.allocUnsafe(FIXED_BYTES + doubles * 8 + optionalBytes + mlsBytes)
  let at = FIXED_BYTES
  try {
    bytes[0] = VERSION
    bytes[1] =
      STATES.indexOf(entry.state) |
      (timestamp === null ? 0 : HAS_TIMESTAMP) |
      (entry.mlsId === null ? 0 : HAS_MLS) |
      (published === undefined ? 0 : HAS_PUBLISHED) |
      (missing === undefined ? 0 : IS_MISSING) |
      (entry.masked === undefined ? 0 : HAS_MASKED)
    bytes[2] = stamps.bits
    writeDigest(bytes, entry.digest, DIGEST_AT)
    bytes.writeUInt32BE(entry.schemaId, 19)
    bytes.writeInt32BE(entry.partition, PARTITION_AT)
    bytes.writeDoubleBE(whole(entry.offset), OFFSET_AT)
    bytes.writeDoubleBE(whole(entry.request), 35)
    bytes.writeDoubleBE(instant(entry.observedAt), OBSERVED_AT)
    if (timestamp !== null) at = bytes.writeDoubleBE(instant(timestamp), at)
    for (const stamp of stamps.values) at = bytes.writeDoubleBE(instant(stamp), at)
    if (published !== undefined) at = writeDigest(bytes, published, at)
    if (missing !== undefined) at = writeMissing(bytes, missing, at)
    if (entry.masked !== undefined) at = bytes.writeUInt32BE(entry.masked, at)
  } catch (error) {
    throw new InvariantViolation(`An index entry cannot be stored: ${JSON.stringify(entry)}.`, {
      cause: error,
    })
  }
  if (entry.mlsId !== null) bytes.write(entry.mlsId, at)
  return bytes
}

/** Answers the offset after it. */
function writeMissing(bytes: Buffer, { since, last, sweeps }: Missing, start: number): number {
  let at = bytes.writeDoubleBE(instant(since), start)
  at = bytes.writeDoubleBE(instant(last), at)
  return bytes.writeUInt32BE(sweeps, at)
}

/** @throws {RangeError} if it is none */
function readMissing(bytes: Buffer, at: number): Missing {
  return {
    since: instant(bytes.readDoubleBE(at)),
    last: instant(bytes.readDoubleBE(at + 8)),
    sweeps: bytes.readUInt32BE(at + 16),
  }
}

/** Answers the offset after it. */
function writeDigest(bytes: Buffer, digest: Digest, at: number): number {
  if (digest.length !== 2 * DIGEST_BYTES || bytes.write(digest, at, 'hex') !== DIGEST_BYTES)
    throw new RangeError('not a digest')
  return at + DIGEST_BYTES
}

/** Bytes that are no UTF-8 are garbage, not a text with replacement characters. */
function validText(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw new RangeError('not a text')
  return bytes.toString('utf8')
}

/** How an entry's bytes are laid out. */
interface Layout {
  readonly state: IndexEntry['state']
  /** Of the change stamps present. */
  readonly bits: number
  readonly hasTimestamp: boolean
  readonly hasPublished: boolean
  readonly publishedAt: number
  readonly isMissing: boolean
  readonly missingAt: number
  readonly hasMasked: boolean
  readonly maskedAt: number
  readonly hasMls: boolean
  readonly mlsAt: number
}

/** Undefined if the bytes cannot be an entry. */
function layoutOf(described: readonly ChangeStamp[], bytes: Buffer): Layout | undefined {
  if (bytes.length < FIXED_BYTES || bytes[0] !== VERSION) return undefined
  const flags = bytes.readUInt8(1)
  const bits = bytes.readUInt8(2)
  const state = STATES[flags & 3]
  if (state === undefined || (flags & ~ALL_FLAGS) !== 0 || bits >> described.length !== 0) return undefined
  const hasTimestamp = (flags & HAS_TIMESTAMP) !== 0
  const hasMls = (flags & HAS_MLS) !== 0
  const hasPublished = (flags & HAS_PUBLISHED) !== 0
  const publishedAt = FIXED_BYTES + (bitCount(bits) + (hasTimestamp ? 1 : 0)) * 8
  const isMissing = (flags & IS_MISSING) !== 0
  const missingAt = publishedAt + (hasPublished ? DIGEST_BYTES : 0)
  const hasMasked = (flags & HAS_MASKED) !== 0
  const maskedAt = missingAt + (isMissing ? MISSING_BYTES : 0)
  const mlsAt = maskedAt + (hasMasked ? MASKED_BYTES : 0)
  if (hasMls ? bytes.length < mlsAt : bytes.length !== mlsAt) return undefined
  return {
    state,
    bits,
    hasTimestamp,
    hasPublished,
    publishedAt,
    isMissing,
    missingAt,
    hasMasked,
    maskedAt,
    hasMls,
    mlsAt,
  }
}

/** Undefined if the bytes are no entry. */
export function decodeEntry(described: readonly ChangeStamp[], bytes: Buffer): IndexEntry | undefined {
  const layout = layoutOf(described, bytes)
  if (layout === undefined) return undefined
  const { state, bits, hasTimestamp, hasPublished, publishedAt, hasMls, mlsAt } = layout
  const { isMissing, missingAt, hasMasked, maskedAt } = layout

  const digest = parseDigest(bytes.toString('hex', DIGEST_AT, DIGEST_AT + DIGEST_BYTES))
  const schemaId = parseSchemaId(bytes.readUInt32BE(19))
  const published = hasPublished ? parseDigest(bytes.toString('hex', publishedAt, missingAt)) : undefined
  if (digest === undefined || schemaId === undefined) return undefined
  try {
    let at = FIXED_BYTES
    const nextInstant = (): Instant => {
      const value = instant(bytes.readDoubleBE(at))
      at += 8
      return value
    }
    const modificationTimestamp = hasTimestamp ? nextInstant() : null
    const changeStamps: Record<string, Instant | null> = {}
    for (const [i, { name }] of described.entries()) {
      changeStamps[name] = (bits & (1 << i)) === 0 ? null : nextInstant()
    }
    return {
      state,
      digest,
      ...(published === undefined ? {} : { publishedDigest: published }),
      schemaId,
      ...(hasMasked ? { masked: bytes.readUInt32BE(maskedAt) } : {}),
      modificationTimestamp,
      observedAt: instant(bytes.readDoubleBE(OBSERVED_AT)),
      changeStamps,
      mlsId: hasMls ? validText(bytes.subarray(mlsAt)) : null,
      partition: bytes.readInt32BE(PARTITION_AT),
      offset: whole(bytes.readDoubleBE(OFFSET_AT)),
      request: whole(bytes.readDoubleBE(35)),
      ...(isMissing ? { missing: readMissing(bytes, missingAt) } : {}),
    }
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/**
 * Of an entry's bytes, the digest of the content that the topic holds for the key, in their memory; null if it holds none.
 * Undefined if they are no entry, as far as that is seen here.
 */
export function publishedDigestIn(
  described: readonly ChangeStamp[],
  bytes: Buffer,
): Buffer | null | undefined {
  const layout = layoutOf(described, bytes)
  if (layout === undefined) return undefined
  const { state, hasPublished, publishedAt } = layout
  if (state === 'live') return bytes.subarray(DIGEST_AT, DIGEST_AT + DIGEST_BYTES)
  return hasPublished ? bytes.subarray(publishedAt, publishedAt + DIGEST_BYTES) : null
}

/** Reads what `EntryOutline` has of entries: a third of the work of all of it. */
export class OutlineReader {
  readonly #described: readonly ChangeStamp[]
  /** The MLS ids of a feed are few, and come in a row. */
  #lastMlsBytes: Buffer = Buffer.alloc(0)
  #lastMlsId = ''

  constructor(described: readonly ChangeStamp[]) {
    this.#described = described
  }

  /** Undefined if the bytes are no entry, as far as that is seen here. */
  read(bytes: Buffer): EntryOutline | undefined {
    const layout = layoutOf(this.#described, bytes)
    if (layout === undefined) return undefined
    const { state, hasTimestamp, isMissing, missingAt, hasMls, mlsAt } = layout
    try {
      return {
        state,
        modificationTimestamp: hasTimestamp ? instant(bytes.readDoubleBE(FIXED_BYTES)) : null,
        observedAt: instant(bytes.readDoubleBE(OBSERVED_AT)),
        mlsId: hasMls ? this.#mlsId(bytes, mlsAt) : null,
        partition: bytes.readInt32BE(PARTITION_AT),
        offset: whole(bytes.readDoubleBE(OFFSET_AT)),
        ...(isMissing ? { missing: readMissing(bytes, missingAt) } : {}),
      }
    } catch (error) {
      if (error instanceof RangeError) return undefined
      throw error
    }
  }

  #mlsId(bytes: Buffer, at: number): string {
    if (!this.#isLast(bytes, at)) {
      const text = bytes.subarray(at)
      this.#lastMlsId = validText(text)
      this.#lastMlsBytes = Buffer.from(text)
    }
    return this.#lastMlsId
  }

  #isLast(bytes: Buffer, at: number): boolean {
    const last = this.#lastMlsBytes
    if (bytes.length - at !== last.length) return false
    for (let i = 0; i < last.length; i += 1) if (bytes[at + i] !== last[i]) return false
    return true
  }
}

function presentStamps(
  described: readonly ChangeStamp[],
  stamps: ChangeStamps,
): { bits: number; values: Instant[] } {
  let bits = 0
  let known = 0
  const values: Instant[] = []
  for (const [i, { name }] of described.entries()) {
    const stamp = stamps[name]
    if (stamp === undefined) continue
    known += 1
    if (stamp === null) continue
    bits |= 1 << i
    values.push(stamp)
  }
  if (described.length > MAX_STAMPS || Object.keys(stamps).length > known) {
    throw new InvariantViolation(
      `The index has no place for the change stamps ${Object.keys(stamps).join(', ')}.`,
    )
  }
  return { bits, values }
}

function whole(value: number): number {
  if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is not a whole number`)
  return value
}

function bitCount(bits: number): number {
  let count = 0
  for (let rest = bits; rest !== 0; rest &= rest - 1) count += 1
  return count
}
