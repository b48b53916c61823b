/** Batches of records as they lie in the log, and come in an answer: KIP-98, "RecordBatch". */
import { crc32c } from '@platformatic/wasm-utils'

import { decompress } from './decompression.ts'
import { KafkaError } from './errors.ts'

export interface LogBatch {
  readonly place: LogPlace
  readonly baseOffset: number
  /** The last one that it was written with: compaction keeps it, and may have taken the record. */
  readonly lastOffset: number
  /** Of what compaction has left. */
  readonly count: number
  readonly producerId: bigint
  readonly isTransactional: boolean
  /** Its one record is the marker that ends a transaction. */
  readonly isControl: boolean
  readonly baseTimestamp: number
  /** Of all its records, if the broker sets the time; otherwise null. */
  readonly appendedAt: number | null
  readonly codec: number
  /** As the codec left them. */
  readonly records: Buffer
}

/** For messages. */
export interface LogPlace {
  readonly topic: string
  readonly partition: number
}

/** Before what its length counts: base offset and length. */
const LENGTH_END = 12
const MAGIC_AT = 16
const CRC_AT = 17
/** From there on the checksum counts. */
const CHECKED_FROM = 21
const HEADER_BYTES = 61
const MAGIC = 2

const CODEC_MASK = 0x07
const APPEND_TIME = 0x08
const TRANSACTIONAL = 0x10
const CONTROL = 0x20

/**
 * The batches that came whole. The broker cuts an answer by its size, so that the last one may be a part, which is left out.
 *
 * @throws {KafkaError} KAFKA_BATCH_DAMAGED
 */
export function readLogBatches(bytes: Buffer, place: LogPlace): readonly LogBatch[] {
  const batches: LogBatch[] = []
  for (let at = 0; at + HEADER_BYTES <= bytes.length;) {
    const end = at + LENGTH_END + bytes.readInt32BE(at + 8)
    const baseOffset = int64(bytes, at)
    if (end < at + HEADER_BYTES) throw damaged({ place, baseOffset }, 'its length is wrong')
    if (bytes[at + MAGIC_AT] !== MAGIC) {
      throw damaged({ place, baseOffset }, 'it is in a format that Kafka has not written since version 0.11')
    }
    if (end > bytes.length) break
    if (crc32c(bytes.subarray(at + CHECKED_FROM, end)) !== bytes.readUInt32BE(at + CRC_AT)) {
      throw damaged({ place, baseOffset }, 'its checksum is wrong')
    }
    const batch = readBatch(bytes, at, end, place)
    if (batch.baseOffset < 0 || batch.lastOffset < batch.baseOffset || batch.count < 0) {
      throw damaged(batch, 'its offsets are wrong')
    }
    batches.push(batch)
    at = end
  }
  return batches
}

function readBatch(bytes: Buffer, at: number, end: number, place: LogPlace): LogBatch {
  const attributes = bytes.readInt16BE(at + CHECKED_FROM)
  const baseOffset = int64(bytes, at)
  return {
    place,
    baseOffset,
    lastOffset: baseOffset + bytes.readInt32BE(at + 23),
    count: bytes.readInt32BE(at + 57),
    producerId: bytes.readBigInt64BE(at + 43),
    isTransactional: (attributes & TRANSACTIONAL) !== 0,
    isControl: (attributes & CONTROL) !== 0,
    baseTimestamp: int64(bytes, at + 27),
    appendedAt: (attributes & APPEND_TIME) === 0 ? null : int64(bytes, at + 35),
    codec: attributes & CODEC_MASK,
    records: bytes.subarray(at + HEADER_BYTES, end),
  }
}

/** Offsets and times, which are exact below 2^53. */
function int64(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at) * 2 ** 32 + bytes.readUInt32BE(at + 4)
}

/** Whether compaction has taken records of it. */
export function hasGaps({ baseOffset, lastOffset, count }: LogBatch): boolean {
  return count <= lastOffset - baseOffset
}

/** The records as they were written, one behind the other. @throws {KafkaError} KAFKA_BATCH_DAMAGED */
export async function plainRecords(batch: LogBatch): Promise<Buffer> {
  // Of one that compaction has emptied, the header alone is left, whatever it says of a codec.
  if (batch.count === 0) return batch.records
  try {
    return await decompress(batch.codec, batch.records)
  } catch (cause) {
    throw damaged(batch, 'it cannot be decompressed', cause)
  }
}

export function damaged(
  { place: { topic, partition }, baseOffset }: Pick<LogBatch, 'place' | 'baseOffset'>,
  what: string,
  cause?: unknown,
): KafkaError {
  return new KafkaError(
    `Topic ${topic}, partition ${partition}: the batch at offset ${baseOffset} is damaged: ${what}. Restore the partition from another replica.`,
    { code: 'KAFKA_BATCH_DAMAGED', cause },
  )
}
