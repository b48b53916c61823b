/**
 * Walking over JSON (RFC 8259) as bytes, without reading it: an index in, an index out, nothing allocated. What is walked
 * over is exactly what `JSON.parse` takes of the same bytes as text, if they are well-formed UTF-8, which is not looked at.
 * Nothing skips a byte order mark.
 */

/** ASCII. */
export const QUOTE = 0x22
export const COMMA = 0x2c
export const COLON = 0x3a
export const OPEN_ARRAY = 0x5b
export const CLOSE_ARRAY = 0x5d
export const OPEN_OBJECT = 0x7b
export const CLOSE_OBJECT = 0x7d

const BACKSLASH = 0x5c
export const MINUS = 0x2d
export const DOT = 0x2e

/** Levels of arrays and objects within one value; `JSON.parse` has no such bound. */
export const DEEPEST_JSON = 1_000

/** Two bits of each byte: it stands for itself in a string, and so it does in one of ASCII alone. */
const TEXT_BYTES = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte < 0x20 || byte === QUOTE || byte === BACKSLASH) return 0
  return byte < 0x80 ? 3 : 1
})

/** The first byte at or behind `at` that is no blank of JSON. */
export function skipWhitespace(bytes: Uint8Array, at: number): number {
  let p = at
  for (;;) {
    const byte = bytes[p]
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return p
    p += 1
  }
}

/** Within a string: the first byte that is not ASCII text as it stands, such as the closing quote. */
export function skipAscii(bytes: Uint8Array, at: number): number {
  let p = at
  while (((TEXT_BYTES[bytes[p] ?? 0] ?? 0) & 2) !== 0) p += 1
  return p
}

/** Within a string: the first byte that is not text as it stands: a quote, a backslash or what is not allowed there. */
export function skipText(bytes: Uint8Array, at: number): number {
  let p = at
  while (TEXT_BYTES[bytes[p] ?? 0] !== 0) p += 1
  return p
}

/** The closing quote of the string that `at` is in, behind a whole character; -1 if there is none or the string is none. */
export function endOfString(bytes: Uint8Array, at: number): number {
  let p = at
  for (;;) {
    p = skipText(bytes, p)
    const byte = bytes[p]
    if (byte === QUOTE) return p
    if (byte !== BACKSLASH) return -1
    p = skipEscape(bytes, p + 1)
    if (p < 0) return -1
  }
}

/** The closing quote of the string that begins at `at`; -1 if none begins there, or one with escapes. */
export function endOfPlainString(bytes: Uint8Array, at: number): number {
  if (bytes[at] !== QUOTE) return -1
  const end = endOfString(bytes, at + 1)
  return end < 0 || bytes.subarray(at, end).includes(BACKSLASH) ? -1 : end
}

/**
 * What is behind the value that begins at `at`; -1 if that is no JSON, or nested deeper than `DEEPEST_JSON`. What follows it
 * is not looked at.
 */
export function skipValue(bytes: Uint8Array, at: number): number {
  let p = at
  let depth = 0
  for (;;) {
    // A value begins.
    const first = bytes[p] ?? 0
    if (first === OPEN_OBJECT || first === OPEN_ARRAY) {
      // Both are two before their other half.
      const close = first + 2
      p = skipWhitespace(bytes, p + 1)
      if (bytes[p] === close) {
        if (depth === DEEPEST_JSON) return -1
        p += 1
      } else {
        if (depth === DEEPEST_JSON) return -1
        open[depth] = close
        depth += 1
        if (first === OPEN_OBJECT) p = skipName(bytes, p)
        if (p < 0) return -1
        continue
      }
    } else {
      p = skipScalar(bytes, p)
      if (p < 0) return -1
    }
    // It ended, and with it those that it is the last item of.
    for (;;) {
      if (depth === 0) return p
      p = skipWhitespace(bytes, p)
      const close = open[depth - 1]
      if (bytes[p] !== close) break
      depth -= 1
      p += 1
    }
    if (bytes[p] !== COMMA) return -1
    p = skipWhitespace(bytes, p + 1)
    if (open[depth - 1] === CLOSE_OBJECT) p = skipName(bytes, p)
    if (p < 0) return -1
  }
}

/** How the levels around are closed. */
const open = new Uint8Array(DEEPEST_JSON)

/** What is behind the number that begins at `at`; -1 if none does. */
function skipNumber(bytes: Uint8Array, at: number): number {
  let p = bytes[at] === MINUS ? at + 1 : at
  if (bytes[p] === 0x30) p += 1
  else if ((p = skipDigits(bytes, p)) < 0) return -1
  if (bytes[p] === DOT && (p = skipDigits(bytes, p + 1)) < 0) return -1
  if (bytes[p] !== 0x65 && bytes[p] !== 0x45) return p
  const sign = bytes[p + 1] === MINUS || bytes[p + 1] === 0x2b
  return skipDigits(bytes, sign ? p + 2 : p + 1)
}

/** What is behind the literal that begins at `at`: `true`, `false` or `null`; -1 if none does. */
export function skipLiteral(bytes: Uint8Array, at: number): number {
  switch (bytes[at] ?? 0) {
    case 0x74:
      return bytes[at + 1] === 0x72 && bytes[at + 2] === 0x75 && bytes[at + 3] === 0x65 ? at + 4 : -1
    case 0x66:
      return bytes[at + 1] === 0x61 &&
        bytes[at + 2] === 0x6c &&
        bytes[at + 3] === 0x73 &&
        bytes[at + 4] === 0x65
        ? at + 5
        : -1
    case 0x6e:
      return bytes[at + 1] === 0x75 && bytes[at + 2] === 0x6c && bytes[at + 3] === 0x6c ? at + 4 : -1
    default:
      return -1
  }
}

function skipScalar(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0
  if (first === QUOTE) {
    const end = endOfString(bytes, at + 1)
    return end < 0 ? -1 : end + 1
  }
  return first === MINUS || isDigit(first) ? skipNumber(bytes, at) : skipLiteral(bytes, at)
}

/** A member's name and the colon behind it. */
function skipName(bytes: Uint8Array, at: number): number {
  if (bytes[at] !== QUOTE) return -1
  const end = endOfString(bytes, at + 1)
  if (end < 0) return -1
  const colon = skipWhitespace(bytes, end + 1)
  return bytes[colon] === COLON ? skipWhitespace(bytes, colon + 1) : -1
}

/** @param at behind the backslash */
function skipEscape(bytes: Uint8Array, at: number): number {
  switch (bytes[at] ?? 0) {
    case QUOTE:
    case BACKSLASH:
    case 0x2f:
    case 0x62:
    case 0x66:
    case 0x6e:
    case 0x72:
    case 0x74:
      return at + 1
    case 0x75:
      return isHex(bytes[at + 1] ?? 0) &&
        isHex(bytes[at + 2] ?? 0) &&
        isHex(bytes[at + 3] ?? 0) &&
        isHex(bytes[at + 4] ?? 0)
        ? at + 5
        : -1
    default:
      return -1
  }
}

function skipDigits(bytes: Uint8Array, at: number): number {
  let p = at
  while (isDigit(bytes[p] ?? 0)) p += 1
  return p === at ? -1 : p
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39
}

function isHex(byte: number): boolean {
  return isDigit(byte) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66)
}
