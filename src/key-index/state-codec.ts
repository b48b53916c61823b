import { crc32 } from 'node:zlib'
import { z } from 'zod'
import { instant } from '../domain/instant.ts'
import type { IndexState } from '../replication/ports.ts'

const FORMAT = 1
const MAX_INSTANT_MS = 8.64e15

const STATE = z.strictObject({
  format: z.literal(FORMAT),
  feed: z.strictObject({
    prefix: z.string(),
    generation: z.int(),
    clusterId: z.string(),
    source: z.strictObject({ host: z.string(), userId: z.string(), mlsId: z.string() }),
    partitions: z.record(z.string(), z.int()),
  }),
  nextOffsets: z.record(z.string(), z.array(z.int())),
  writtenAt: z.int().min(-MAX_INSTANT_MS).max(MAX_INSTANT_MS).transform(instant),
  request: z.int(),
})

/** CRC-32 of the text, then the text: JSON with the number of the whole index's format. */
export function encodeState(state: IndexState): Buffer {
  const text = Buffer.from(JSON.stringify({ format: FORMAT, ...state }))
  const check = Buffer.allocUnsafe(4)
  check.writeUInt32BE(crc32(text))
  return Buffer.concat([check, text])
}

/** Undefined if the bytes are damaged, or of another format. */
export function decodeState(bytes: Buffer): IndexState | undefined {
  if (bytes.length < 4) return undefined
  const text = bytes.subarray(4)
  if (crc32(text) !== bytes.readUInt32BE(0)) return undefined
  try {
    const parsed = STATE.safeParse(JSON.parse(text.toString()))
    if (!parsed.success) return undefined
    const { feed, nextOffsets, writtenAt, request } = parsed.data
    return { feed, nextOffsets, writtenAt, request }
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
