/** What the ledger holds, as bytes. Each value has a checksum: LevelDB does not verify what it reads. */
import { crc32 } from 'node:zlib'

import { parseRecordKey, type RecordKey } from '../domain/record-key.ts'

export interface Mark {
  /** That added the key. */
  readonly page: number
  readonly note: string
}

/** Marks of one page, in ascending order of key. */
export interface Run {
  readonly page: number
  /** At least one. */
  readonly keys: readonly RecordKey[]
  /** One for each key. */
  readonly notes: readonly string[]
}

// Both begin with the CRC-32 of the store's key and of everything behind it, and the page. A mark goes on with its note; a run
// with its number of keys, for each of them the length of key and note in characters, then all keys, then all notes.
const CHECK_BYTES = 4
const HEAD_BYTES = 8
const RUN_HEAD_BYTES = 12
const LENGTH_BYTES = 5

export function encodeMark(storeKey: string, { page, note }: Mark): Buffer {
  const bytes = Buffer.allocUnsafe(HEAD_BYTES + Buffer.byteLength(note))
  bytes.write(note, HEAD_BYTES)
  return checked(storeKey, bytes, page)
}

/** Undefined if it is not as it was written under this key. */
export function decodeMark(storeKey: string, bytes: Buffer): Mark | undefined {
  if (!isWhole(storeKey, bytes, HEAD_BYTES)) return undefined
  return { page: bytes.readUInt32BE(CHECK_BYTES), note: bytes.toString('utf8', HEAD_BYTES) }
}

export function encodeRun(storeKey: string, { page, keys, notes }: Run): Buffer {
  const keyText = keys.join('')
  const noteText = notes.join('')
  const keysAt = RUN_HEAD_BYTES + keys.length * LENGTH_BYTES
  const notesAt = keysAt + keyText.length
  const bytes = Buffer.allocUnsafe(notesAt + Buffer.byteLength(noteText))
  bytes.writeUInt32BE(keys.length, HEAD_BYTES)
  let at = RUN_HEAD_BYTES
  for (let i = 0; i < keys.length; i += 1) {
    at = bytes.writeUInt8(keys[i]?.length ?? 0, at)
    at = bytes.writeUInt32BE(notes[i]?.length ?? 0, at)
  }
  bytes.write(keyText, keysAt, 'latin1')
  bytes.write(noteText, notesAt)
  return checked(storeKey, bytes, page)
}

/** Undefined if it is not as it was written under this key. */
export function decodeRun(storeKey: string, bytes: Buffer): Run | undefined {
  const head = runHead(storeKey, bytes)
  if (head === undefined) return undefined
  const { page, size } = head
  const keysAt = RUN_HEAD_BYTES + size * LENGTH_BYTES
  let keyBytes = 0
  for (let at = RUN_HEAD_BYTES; at < keysAt; at += LENGTH_BYTES) keyBytes += bytes.readUInt8(at)
  const keyText = bytes.toString('latin1', keysAt, keysAt + keyBytes)
  const noteText = bytes.toString('utf8', keysAt + keyBytes)
  const keys: RecordKey[] = []
  const notes: string[] = []
  let keyAt = 0
  let noteAt = 0
  for (let at = RUN_HEAD_BYTES; at < keysAt; at += LENGTH_BYTES) {
    const keyEnd = keyAt + bytes.readUInt8(at)
    const noteEnd = noteAt + bytes.readUInt32BE(at + 1)
    const key = parseRecordKey(keyText.slice(keyAt, keyEnd))
    if (key === undefined) return undefined
    keys.push(key)
    notes.push(noteText.slice(noteAt, noteEnd))
    keyAt = keyEnd
    noteAt = noteEnd
  }
  return { page, keys, notes }
}

/** What is known of a run without its keys; undefined as with `decodeRun`. */
export function runHead(storeKey: string, bytes: Buffer): { page: number; size: number } | undefined {
  if (!isWhole(storeKey, bytes, RUN_HEAD_BYTES)) return undefined
  const size = bytes.readUInt32BE(HEAD_BYTES)
  if (size === 0 || RUN_HEAD_BYTES + size * LENGTH_BYTES > bytes.length) return undefined
  return { page: bytes.readUInt32BE(CHECK_BYTES), size }
}

function checked(storeKey: string, bytes: Buffer, page: number): Buffer {
  bytes.writeUInt32BE(page, CHECK_BYTES)
  bytes.writeUInt32BE(checkOf(storeKey, bytes))
  return bytes
}

function isWhole(storeKey: string, bytes: Buffer, least: number): boolean {
  return bytes.length >= least && bytes.readUInt32BE(0) === checkOf(storeKey, bytes)
}

function checkOf(storeKey: string, bytes: Buffer): number {
  return crc32(bytes.subarray(CHECK_BYTES), crc32(storeKey))
}
