import { promisify } from 'node:util'
import { gunzip, zstdDecompress, zstdDecompressSync } from 'node:zlib'

import { lz4Decompress, snappyDecompress } from '@platformatic/wasm-utils'

import { snappyBlocks } from './snappy-frames.ts'

/** By the number that a batch's attributes hold: none, gzip, snappy, lz4 in frames, zstd. */
const DECOMPRESSORS: readonly ((bytes: Buffer) => Buffer | Promise<Buffer>)[] = [
  (bytes) => bytes,
  (bytes) => inflateGzip(bytes, { chunkSize: roomFor(bytes, gzipSize(bytes)) }),
  (bytes) => Buffer.concat(snappyBlocks(bytes).map((block) => snappyDecompress(block))),
  (bytes) => lz4Decompress(bytes),
  (bytes) => smallZstd(bytes) ?? inflateZstd(bytes, { chunkSize: roomFor(bytes, zstdSize(bytes)) }),
]

const inflateGzip = promisify<Buffer, { chunkSize: number }, Buffer>(gunzip)
const inflateZstd = promisify<Buffer, { chunkSize: number }, Buffer>(zstdDecompress)

/**
 * What the bytes were before they were compressed, with any of the codecs that a broker may choose.
 *
 * @throws {Error} if they are not what the codec writes, or there is no such codec
 */
export async function decompress(codec: number, bytes: Buffer): Promise<Buffer> {
  const decompressor = DECOMPRESSORS[codec]
  if (decompressor === undefined) throw new RangeError(`There is no codec ${codec}.`)
  return await decompressor(bytes)
}

/** A transaction that changes little leaves batches of some hundred bytes, and logs of state have nothing else. */
const SMALL_BYTES = 4 * 1024
const MOST_OF_SMALL_BYTES = 64 * 1024

/** At once: to give so little to another thread takes 0.1 to 0.2 ms of CPU, and this 0.02. Undefined if it is not little, or damaged. */
function smallZstd(bytes: Buffer): Buffer | undefined {
  if (bytes.length > SMALL_BYTES) return undefined
  try {
    return zstdDecompressSync(bytes, { chunkSize: LEAST_BYTES, maxOutputLength: MOST_OF_SMALL_BYTES })
  } catch {
    return undefined
  }
}

/** Of a batch: what a damaged one says of its size is not set aside. */
const MOST_BYTES = 16 * 1024 * 1024
/** Where nothing tells the size: listings shrink to a third, and most writers' batches are no larger than this. */
const GUESSED_RATIO = 8
const MOST_GUESSED_BYTES = 1024 * 1024
/** What zlib takes by itself. A size may be that of a small last part. */
const LEAST_BYTES = 16 * 1024

/**
 * zlib fills one buffer after the other, each in a job of its own, and copies them together: one that holds everything is
 * three times as fast. One byte more, lest it looks for the rest in a second one.
 */
function roomFor(compressed: Buffer, size: number | undefined): number {
  const told = size === undefined || size > MOST_BYTES ? undefined : size + 1
  const room = told ?? Math.min(MOST_GUESSED_BYTES, GUESSED_RATIO * compressed.length)
  return Math.max(LEAST_BYTES, room)
}

/** The last four bytes (RFC 1952 §2.3.1); of several members, of the last one. */
function gzipSize(bytes: Buffer): number | undefined {
  return bytes.length < 18 ? undefined : bytes.readUInt32LE(bytes.length - 4)
}

const ZSTD_MAGIC = 0xfd2f_b528

/** Of the first frame, if it tells (RFC 8878 §3.1.1.1). */
function zstdSize(bytes: Buffer): number | undefined {
  if (bytes.length < 18 || bytes.readUInt32LE(0) !== ZSTD_MAGIC) return undefined
  const descriptor = bytes.readUInt8(4)
  const isSingleSegment = (descriptor & 0x20) !== 0
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 0x03] ?? 0
  const at = 5 + (isSingleSegment ? 0 : 1) + dictionaryBytes
  switch (descriptor >> 6) {
    case 0:
      return isSingleSegment ? bytes.readUInt8(at) : undefined
    case 1:
      return bytes.readUInt16LE(at) + 256
    case 2:
      return bytes.readUInt32LE(at)
    default:
      return Number(bytes.readBigUInt64LE(at))
  }
}
