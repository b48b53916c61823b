const QUOTE = 0x22
const BACKSLASH = 0x5c
/** Larger than nearly every set of photos. */
const FIRST_BYTES = 64 * 1024

/** JSON text that grows at its end: bytes are put where they stay, and become a string once. */
export class JsonBytes {
  #bytes = Buffer.allocUnsafe(FIRST_BYTES)
  #end = 0
  #isAscii = true

  /** Where the next byte goes; `rewind` takes back what was written since. */
  get end(): number {
    return this.#end
  }

  rewind(to: number): void {
    this.#end = to
  }

  /** ASCII text that needs no escapes: punctuation, numbers, literals. */
  raw(text: string): void {
    const { length } = text
    this.#require(length)
    const bytes = this.#bytes
    let at = this.#end
    for (let i = 0; i < length; i += 1) bytes[at++] = text.charCodeAt(i)
    this.#end = at
  }

  /** A string of JSON, from the bytes of its text in UTF-8. */
  string(from: Uint8Array, start: number, end: number): void {
    this.#require(2 + 6 * (end - start))
    const bytes = this.#bytes
    let at = this.#end
    bytes[at++] = QUOTE
    for (let i = start; i < end; i += 1) {
      const byte = from[i] ?? 0
      if (byte < 0x20 || byte === QUOTE || byte === BACKSLASH) {
        at += bytes.write(ESCAPES[byte] ?? '', at, 'latin1')
      } else {
        if (byte > 0x7f) this.#isAscii = false
        bytes[at++] = byte
      }
    }
    bytes[at++] = QUOTE
    this.#end = at
  }

  /** What was written since the last call. */
  take(): string {
    const text = this.#bytes.toString(this.#isAscii ? 'latin1' : 'utf8', 0, this.#end)
    this.#end = 0
    this.#isAscii = true
    return text
  }

  #require(more: number): void {
    if (this.#end + more <= this.#bytes.length) return
    const larger = Buffer.allocUnsafe(2 * (this.#end + more))
    this.#bytes.copy(larger, 0, 0, this.#end)
    this.#bytes = larger
  }
}

/** As `JSON.stringify` has them. */
const ESCAPES: readonly string[] = Array.from({ length: 0x80 }, (_, code) =>
  JSON.stringify(String.fromCharCode(code)).slice(1, -1),
)
