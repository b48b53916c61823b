/** A page without its rows: its bytes are walked, and the rows are left to whoever asked. */
import { isUtf8 } from 'node:buffer'
import { parseJsonText } from '../domain/json-text.ts'
import type { JsonValue } from '../domain/json.ts'
import {
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  endOfPlainString,
  OPEN_ARRAY,
  OPEN_OBJECT,
  skipValue,
  skipWhitespace,
} from '../support/json-bytes.ts'
import { parseEnvelope } from './envelope.ts'
import type { PageEnvelope } from './page-body.ts'

/** Told where each element of `Results` begins; answers where it ends, or a negative number: it cannot say. */
export type RowVisitor = (at: number) => number

/**
 * The envelope of a page, exactly as `readPage` reads it of these bytes. Undefined wherever that is not certain: what is no
 * JSON, has no list of results, names a member twice or with escapes, or has a byte order mark. The page then has to be read
 * whole, and what the visitor was told of it does not count.
 */
export function scanPage(bytes: Buffer, visit: RowVisitor): PageEnvelope | undefined {
  const scan = new PageScan(bytes, visit)
  return scan.page(skipWhitespace(bytes, 0)) < 0 ? undefined : scan.envelope()
}

class PageScan {
  readonly #bytes: Buffer
  readonly #visit: RowVisitor
  /** Between the brackets of the results; negative as long as there were none. */
  #from = -1
  #to = -1

  constructor(bytes: Buffer, visit: RowVisitor) {
    this.#bytes = bytes
    this.#visit = visit
  }

  page(at: number): number {
    return this.#object(at, 'D', (d) => this.#object(d, 'Results', (results) => this.#results(results)))
  }

  envelope(): PageEnvelope | undefined {
    const before = this.#bytes.subarray(0, this.#from)
    const behind = this.#bytes.subarray(this.#to)
    if (this.#from < 0 || !isUtf8(before) || !isUtf8(behind)) return undefined
    let json: JsonValue
    try {
      // All that is around the rows, also behind the page's last brace.
      json = parseJsonText(before.toString() + behind.toString())
    } catch {
      return undefined
    }
    const envelope = parseEnvelope(json)
    return envelope === undefined ? undefined : { ...envelope, results: undefined }
  }

  /** An object whose one member `name` is walked by `member`, and all others skipped; where it ends, or negative. */
  #object(start: number, name: string, member: RowVisitor): number {
    const bytes = this.#bytes
    if (bytes[start] !== OPEN_OBJECT) return -1
    let isFound = false
    let at = skipWhitespace(bytes, start + 1)
    if (bytes[at] === CLOSE_OBJECT) return at + 1
    for (;;) {
      const end = endOfPlainString(bytes, at)
      if (end < 0) return -1
      const isWanted = isName(bytes, at + 1, end, name)
      if (isWanted && isFound) return -1
      isFound ||= isWanted
      at = skipWhitespace(bytes, end + 1)
      if (bytes[at] !== COLON) return -1
      at = skipWhitespace(bytes, at + 1)
      at = isWanted ? member(at) : skipValue(bytes, at)
      if (at < 0) return -1
      at = skipWhitespace(bytes, at)
      if (bytes[at] === CLOSE_OBJECT) return at + 1
      if (bytes[at] !== COMMA) return -1
      at = skipWhitespace(bytes, at + 1)
    }
  }

  #results(start: number): number {
    const bytes = this.#bytes
    if (bytes[start] !== OPEN_ARRAY) return -1
    this.#from = start + 1
    let at = skipWhitespace(bytes, start + 1)
    if (bytes[at] !== CLOSE_ARRAY) {
      for (;;) {
        at = this.#visit(at)
        if (at < 0) return -1
        at = skipWhitespace(bytes, at)
        if (bytes[at] === CLOSE_ARRAY) break
        if (bytes[at] !== COMMA) return -1
        at = skipWhitespace(bytes, at + 1)
      }
    }
    this.#to = at
    return at + 1
  }
}

function isName(bytes: Buffer, from: number, to: number, name: string): boolean {
  return to - from === name.length && bytes.toString('latin1', from, to) === name
}
