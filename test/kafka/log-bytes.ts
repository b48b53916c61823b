/** Batches as brokers keep and send them (KIP-98), written by the layout alone. */
import { gzipSync, zstdCompressSync } from 'node:zlib'

import { crc32c, lz4Compress, snappyCompress } from '@platformatic/wasm-utils'

export interface WrittenRecord {
  readonly offset: number
  readonly timestamp?: number
  readonly key?: Buffer | null
  readonly value?: Buffer | null
  readonly headers?: readonly (readonly [string, Buffer | null])[]
}

export interface WrittenBatch {
  readonly baseOffset: number
  readonly lastOffset: number
  /** Those that compaction has left. */
  readonly records: readonly WrittenRecord[]
  readonly producerId?: bigint
  readonly isTransactional?: boolean
  readonly isControl?: boolean
  readonly baseTimestamp?: number
  /** Makes the time that of the append. */
  readonly appendedAt?: number
  readonly codec?: CodecName
}

export const CODEC_NAMES = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const
type CodecName = (typeof CODEC_NAMES)[number]

const COMPRESS: Readonly<Record<CodecName, (plain: Buffer) => Buffer>> = {
  none: (plain) => plain,
  gzip: (plain) => gzipSync(plain),
  snappy: snappyCompress,
  lz4: lz4Compress,
  zstd: (plain) => zstdCompressSync(plain),
}

export const BASE_TIMESTAMP = 1_700_000_000_000

export function batchBytes(batch: WrittenBatch): Buffer {
  const { baseOffset, lastOffset, records, baseTimestamp = BASE_TIMESTAMP, codec = 'none' } = batch
  const plain = Buffer.concat(records.map((record) => recordBytes(record, baseOffset, baseTimestamp)))
  // Of a batch that compaction has emptied, the header alone is left.
  const body = records.length === 0 ? plain : COMPRESS[codec](plain)
  const bytes = Buffer.concat([Buffer.alloc(61), body])
  bytes.writeBigInt64BE(BigInt(baseOffset), 0)
  bytes.writeInt32BE(bytes.length - 12, 8)
  bytes.writeInt8(2, 16)
  bytes.writeInt16BE(attributesOf(batch), 21)
  bytes.writeInt32BE(lastOffset - baseOffset, 23)
  bytes.writeBigInt64BE(BigInt(baseTimestamp), 27)
  bytes.writeBigInt64BE(BigInt(batch.appendedAt ?? baseTimestamp), 35)
  bytes.writeBigInt64BE(batch.producerId ?? -1n, 43)
  bytes.writeInt16BE(0, 51)
  bytes.writeInt32BE(0, 53)
  bytes.writeInt32BE(records.length, 57)
  return sealed(bytes)
}

/** With the checksum of what it holds now. */
export function sealed(bytes: Buffer): Buffer {
  bytes.writeUInt32BE(crc32c(bytes.subarray(21)), 17)
  return bytes
}

function attributesOf({ codec = 'none', appendedAt, isTransactional, isControl }: WrittenBatch): number {
  return (
    CODEC_NAMES.indexOf(codec) |
    (appendedAt === undefined ? 0 : 0x08) |
    (isTransactional === true ? 0x10 : 0) |
    (isControl === true ? 0x20 : 0)
  )
}

function recordBytes(record: WrittenRecord, baseOffset: number, baseTimestamp: number): Buffer {
  const { offset, timestamp = baseTimestamp, key = null, value = null, headers = [] } = record
  const body = Buffer.concat([
    Buffer.from([0]),
    varint(timestamp - baseTimestamp),
    varint(offset - baseOffset),
    nullable(key),
    nullable(value),
    varint(headers.length),
    ...headers.flatMap(([name, content]) => [nullable(Buffer.from(name)), nullable(content)]),
  ])
  return Buffer.concat([varint(body.length), body])
}

function nullable(bytes: Buffer | null): Buffer {
  return bytes === null ? varint(-1) : Buffer.concat([varint(bytes.length), bytes])
}

export function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = BigInt.asUintN(64, (BigInt(value) << 1n) ^ (BigInt(value) >> 63n))
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80)
  return Buffer.from([...bytes, Number(rest)])
}

/** A batch of some records of a transaction. */
export function dataBatch(
  producerId: bigint,
  baseOffset: number,
  lastOffset: number,
  present: readonly number[],
  parts: Partial<WrittenBatch> & { readonly record?: Partial<WrittenRecord> } = {},
): Buffer {
  const { record, ...batch } = parts
  const records = present.map((offset) => ({
    offset,
    key: Buffer.from(`k${offset}`),
    value: Buffer.from(`v${offset}`),
    ...record,
  }))
  return batchBytes({ baseOffset, lastOffset, records, producerId, isTransactional: true, ...batch })
}

/** The control batch that ends a transaction; its key is a version and a type. */
export function marker(producerId: bigint, offset: number, type: 'abort' | 'commit'): Buffer {
  const key = Buffer.from([0, 0, 0, type === 'abort' ? 0 : 1])
  const records = [{ offset, key, value: Buffer.alloc(6) }]
  return batchBytes({
    baseOffset: offset,
    lastOffset: offset,
    records,
    producerId,
    isTransactional: true,
    isControl: true,
  })
}
