/** gzip in one piece, and never more of it than a limit. */
import { promisify } from 'node:util'
import { gunzip, gunzipSync, type ZlibOptions } from 'node:zlib'
import { errorCode } from '../support/error-code.ts'

const unzipOnThreadPool = promisify(gunzip)

/** Deflate makes no more of one byte (zlib's technical details, "Maximum Compression Factor"). */
const GREATEST_RATIO = 1_032
/** Where the trailer stands for less, as that of the last of several members does. */
const SMALLEST_CHUNK_BYTES = 64 * 1024

export type Unzipped = Buffer | NotUnzipped

/** `too_long`: there is more than the limit. `broken`: it is no whole gzip stream. */
export interface NotUnzipped {
  readonly kind: 'not_unzipped'
  readonly why: 'too_long' | 'broken'
  readonly cause: unknown
}

/**
 * How long it is said to be unzipped, by the last four bytes (RFC 1952 §2.3.1, ISIZE); never more than it can be. Whoever
 * sends it may lie: it says how much room to make at first, and nothing else.
 */
export function statedLength(zipped: Buffer): number {
  const stated = zipped.length < 4 ? 0 : zipped.readUInt32LE(zipped.length - 4)
  return Math.min(stated, zipped.length * GREATEST_RATIO)
}

/** On this thread. @param limit bytes */
export function unzipHere(zipped: Buffer, limit: number): Unzipped {
  try {
    return gunzipSync(zipped, optionsOf(zipped, limit))
  } catch (error) {
    return failed(error)
  }
}

/** Beside this thread. @param limit bytes */
export async function unzip(zipped: Buffer, limit: number): Promise<Unzipped> {
  try {
    return await unzipOnThreadPool(zipped, optionsOf(zipped, limit))
  } catch (error) {
    return failed(error)
  }
}

/** One chunk for all of it: zlib writes on while there is room, and each further chunk is copied once more. */
function optionsOf(zipped: Buffer, limit: number): ZlibOptions {
  // One byte more than it has: a chunk that is full would be followed by another one.
  const chunkSize = Math.max(SMALLEST_CHUNK_BYTES, Math.min(statedLength(zipped), limit) + 1)
  return { chunkSize, maxOutputLength: limit }
}

function failed(cause: unknown): NotUnzipped {
  const why = errorCode(cause) === 'ERR_BUFFER_TOO_LARGE' ? 'too_long' : 'broken'
  return { kind: 'not_unzipped', why, cause }
}
