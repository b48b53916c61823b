/** Bytes as text, none of them lost (R12). */
import { isUtf8 } from 'node:buffer'
import { endianness } from 'node:os'

/** U+DC80 to U+DCFF, lone surrogates, which no text in UTF-8 has: 0x80 to 0xFF. */
const ESCAPED_BYTE = 0xdc00

/**
 * UTF-8, without a byte order mark. A byte that belongs to no UTF-8 stands as the lone surrogate U+DC00 + byte, so that it
 * is kept, and that what holds it is seen to be no plain text.
 */
export function textOfBytes(bytes: Buffer): string {
  if (isUtf8(bytes)) return new TextDecoder().decode(bytes)
  const units = new Uint16Array(bytes.length)
  let end = 0
  let at = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0
  while (at < bytes.length) {
    const length = sequenceLength(bytes, at)
    if (length === 0) {
      units[end++] = ESCAPED_BYTE + (bytes[at] ?? 0)
      at += 1
      continue
    }
    const code = codePoint(bytes, at, length)
    if (code > 0xffff) units[end++] = 0xd7c0 + (code >> 10)
    units[end++] = code > 0xffff ? 0xdc00 + (code & 0x3ff) : code
    at += length
  }
  return textOfUnits(units.subarray(0, end))
}

function textOfUnits(units: Uint16Array): string {
  const bytes = Buffer.from(units.buffer, units.byteOffset, units.byteLength)
  if (endianness() === 'BE') bytes.swap16()
  return bytes.toString('utf16le')
}

function codePoint(bytes: Uint8Array, at: number, length: number): number {
  const first = bytes[at] ?? 0
  if (length === 1) return first
  let code = first & (0xff >> (length + 1))
  for (let i = 1; i < length; i += 1) code = (code << 6) | ((bytes[at + i] ?? 0) & 0x3f)
  return code
}

/** Bytes of the UTF-8 sequence that begins there (RFC 3629 §4); 0 if none does. */
function sequenceLength(bytes: Uint8Array, at: number): 0 | 1 | 2 | 3 | 4 {
  const first = bytes[at] ?? 0xff
  if (first < 0x80) return 1
  if (first < 0xc2 || first > 0xf4) return 0
  const second = bytes[at + 1] ?? 0
  if (first < 0xe0) return isContinuation(second) ? 2 : 0
  const [least, most] = secondByte(first)
  if (second < least || second > most || !isContinuation(bytes[at + 2] ?? 0)) return 0
  if (first < 0xf0) return 3
  return isContinuation(bytes[at + 3] ?? 0) ? 4 : 0
}

/** No overlong forms, no surrogates, nothing above U+10FFFF. */
function secondByte(first: number): readonly [number, number] {
  switch (first) {
    case 0xe0:
      return [0xa0, 0xbf]
    case 0xed:
      return [0x80, 0x9f]
    case 0xf0:
      return [0x90, 0xbf]
    case 0xf4:
      return [0x80, 0x8f]
    default:
      return [0x80, 0xbf]
  }
}

function isContinuation(byte: number): boolean {
  return byte >= 0x80 && byte <= 0xbf
}
