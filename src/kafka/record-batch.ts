/**
 * Record batches as brokers store them: record format v2 (KIP-98; "Record Batch" and "Record" in
 * https://kafka.apache.org/documentation/#messageformat).
 */
import { crc32c } from '@platformatic/wasm-utils'

import { writeZigzag } from '../support/zigzag.ts'
import { partsOf, type OutgoingRecord } from './outgoing-record.ts'

/** Of one partition, encoded and not compressed yet. */
export interface PlainBatch {
  /** In the memory of the writer. */
  readonly records: Buffer
  readonly count: number
  /** Epoch milliseconds, of the first record. */
  readonly firstTimestamp: number
  readonly maxTimestamp: number
}

/** What a batch says beside its records. */
export interface BatchStamp {
  /** −1 without idempotence; so are the next two. */
  readonly producerId: bigint
  readonly epoch: number
  /** Of its first record. */
  readonly sequence: number
  readonly transactional: boolean
  /** Number of the codec: 0 is none. */
  readonly codec: number
}

/** From the batch's offset to the number of its records. */
export const BATCH_HEADER_BYTES = 61

/** Offset and length of the batch itself. */
const LENGTH_COUNTS_FROM = 12
const CRC_AT = 17
/** Attributes; the checksum is over them and everything after them. */
const CHECKED_FROM = 21
const MAGIC = 2
const TRANSACTIONAL = 0x10
/** "Unknown": the client does not follow leader epochs. */
const NO_LEADER_EPOCH = -1

/**
 * Writes a batch with those records to `at`, where `batchBytes` are free. Answers the offset behind it.
 *
 * @param records compressed with the stamp's codec
 */
export function writeBatch(
  to: Buffer,
  at: number,
  { count, firstTimestamp, maxTimestamp }: Omit<PlainBatch, 'records'>,
  records: Buffer,
  { producerId, epoch, sequence, transactional, codec }: BatchStamp,
): number {
  const end = at + BATCH_HEADER_BYTES + records.length
  to.writeBigInt64BE(0n, at)
  to.writeInt32BE(end - at - LENGTH_COUNTS_FROM, at + 8)
  to.writeInt32BE(NO_LEADER_EPOCH, at + 12)
  to.writeInt8(MAGIC, at + 16)
  to.writeInt16BE(codec | (transactional ? TRANSACTIONAL : 0), at + CHECKED_FROM)
  to.writeInt32BE(count - 1, at + 23)
  to.writeBigInt64BE(BigInt(firstTimestamp), at + 27)
  to.writeBigInt64BE(BigInt(maxTimestamp), at + 35)
  to.writeBigInt64BE(producerId, at + 43)
  to.writeInt16BE(epoch, at + 51)
  to.writeInt32BE(sequence, at + 53)
  to.writeInt32BE(count, at + 57)
  records.copy(to, at + BATCH_HEADER_BYTES)
  to.writeUInt32BE(crc32c(to.subarray(at + CHECKED_FROM, end)), at + CRC_AT)
  return end
}

/** Up to here a loop over the units is faster than a call of the runtime. */
const SHORT_TEXT = 96

/** Encodes the records of one batch, in one piece. */
export class BatchWriter {
  #memory: Buffer
  #end = 0
  #count = 0
  #firstTimestamp = 0
  #maxTimestamp = 0
  /** Of the last record; of the next one it is mostly the same. */
  #lengthBytes = 2

  /** @param memory to write to; larger memory takes its place where it does not suffice */
  constructor(memory: Buffer) {
    this.#memory = memory
  }

  get memory(): Buffer {
    return this.#memory
  }

  /**
   * Answers false, and adds nothing, if the records would exceed `maxBytes` with it; a first record is always taken.
   *
   * @param now epoch milliseconds, of records that have no time of their own
   */
  add(record: OutgoingRecord, now: number, maxBytes: number): boolean {
    const { timestamp = now } = record
    const first = this.#count === 0 ? timestamp : this.#firstTimestamp
    const end = this.#write(record, timestamp - first)
    if (this.#count > 0 && end > maxBytes) return false
    this.#firstTimestamp = first
    this.#maxTimestamp = this.#count === 0 ? timestamp : Math.max(this.#maxTimestamp, timestamp)
    this.#end = end
    this.#count += 1
    return true
  }

  finish(): PlainBatch {
    return {
      records: this.#memory.subarray(0, this.#end),
      count: this.#count,
      firstTimestamp: this.#firstTimestamp,
      maxTimestamp: this.#maxTimestamp,
    }
  }

  /** `Length Attributes TimestampDelta OffsetDelta Key Value Headers`, after the others. Answers its end. */
  #write(record: OutgoingRecord, timestampDelta: number): number {
    for (;;) {
      const end = this.#tryWrite(record, timestampDelta)
      if (end <= this.#memory.length) return end
      const larger = Buffer.allocUnsafeSlow(Math.max(end, 2 * this.#memory.length))
      this.#memory.copy(larger, 0, 0, this.#end)
      this.#memory = larger
    }
  }

  /** What does not fit into the memory is left out, and the end lies behind it. */
  #tryWrite({ key, value, headers }: OutgoingRecord, timestampDelta: number): number {
    const to = this.#memory
    const start = this.#end
    const body = start + this.#lengthBytes
    let at = body
    to[at++] = 0
    at = writeZigzag(to, at, timestampDelta)
    at = writeZigzag(to, at, this.#count)
    at = writeBytes(to, at, key)
    at = writeValue(to, at, value)
    at = writeZigzag(to, at, headers.length)
    for (const header of headers) {
      at = writeText(to, at, header.name)
      at = writeBytes(to, at, header.value)
    }
    if (at > to.length) return at
    const length = at - body
    const needed = varintBytes(length)
    if (needed !== this.#lengthBytes) {
      to.copyWithin(start + needed, body, at)
      this.#lengthBytes = needed
    }
    writeZigzag(to, start, length)
    return start + needed + length
  }
}

/** Of the record in a batch that has no other one, before compression. */
export function recordBytes(record: OutgoingRecord): number {
  const writer = new BatchWriter(Buffer.alloc(0))
  writer.add(record, 0, 0)
  return writer.finish().records.length
}

/** Length, −1 for null, and the parts. */
function writeValue(to: Buffer, at: number, value: OutgoingRecord['value']): number {
  if (value === null) return writeZigzag(to, at, -1)
  const parts = partsOf(value)
  let length = 0
  for (const part of parts) length += part.length
  let end = writeZigzag(to, at, length)
  for (const part of parts) end = writeAll(to, end, part)
  return end
}

function writeBytes(to: Buffer, at: number, value: string | Uint8Array | null): number {
  if (value === null) return writeZigzag(to, at, -1)
  if (typeof value === 'string') return writeText(to, at, value)
  return writeAll(to, writeZigzag(to, at, value.length), value)
}

function writeAll(to: Buffer, at: number, bytes: Uint8Array): number {
  const end = at + bytes.length
  if (end <= to.length) to.set(bytes, at)
  return end
}

function writeText(to: Buffer, at: number, text: string): number {
  const { length } = text
  if (length <= SHORT_TEXT) {
    const start = writeZigzag(to, at, length)
    let i = 0
    for (; i < length; i += 1) {
      const unit = text.charCodeAt(i)
      if (unit > 0x7f) break
      to[start + i] = unit
    }
    if (i === length) return start + length
  }
  const bytes = Buffer.byteLength(text)
  const start = writeZigzag(to, at, bytes)
  if (start + bytes <= to.length) to.write(text, start)
  return start + bytes
}

/** Of a length. */
function varintBytes(value: number): number {
  let bytes = 1
  for (let rest = value * 2; rest > 0x7f; rest = Math.floor(rest / 0x80)) bytes += 1
  return bytes
}
