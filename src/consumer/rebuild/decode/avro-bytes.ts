import { EventError } from '../../../events/event-error.ts'
import type { JsonBytes } from './json-bytes.ts'

const LARGEST_LONG = 2 ** 53 - 1

/**
 * Avro's binary encoding, read from where one stands (https://avro.apache.org/docs/1.12.0/specification/#binary-encoding).
 * Texts are cut out of one string that holds the whole block, byte for byte: nearly all of them are ASCII, and a call into
 * the runtime for each costs more than all the rest.
 */
export class AvroBytes {
  readonly #bytes: Buffer
  /** Each byte a character; the ASCII ones are right. */
  readonly #characters: string
  #at = 0
  #end = 0

  constructor(block: Uint8Array) {
    this.#bytes = Buffer.from(block.buffer, block.byteOffset, block.byteLength)
    this.#characters = this.#bytes.toString('latin1')
  }

  /** Goes to a value of the block. */
  enter(start: number, end: number): void {
    this.#at = start
    this.#end = end
  }

  /** @throws {EventError} EVENT_UNREADABLE unless the value ends here */
  leave(): void {
    if (this.#at !== this.#end) throw garbled()
  }

  /** Any text of the block, by its place. */
  textAt(start: number, end: number): string {
    for (let i = start; i < end; i += 1) {
      if ((this.#bytes[i] ?? 0) > 0x7f) return this.#bytes.toString('utf8', start, end)
    }
    return this.#characters.slice(start, end)
  }

  /** A long, also an int, the index of a union's branch or an enum's symbol, and the size of a block. */
  long(): number {
    const bytes = this.#bytes
    let at = this.#at
    let byte = bytes[at++] ?? 0
    // Zigzag: the lowest bit is the sign. Taken off first, all that a double holds stays exact.
    const isNegative = (byte & 1) === 1
    let value = (byte & 0x7f) >>> 1
    let scale = 64
    while (byte > 0x7f) {
      byte = bytes[at++] ?? 0
      value += (byte & 0x7f) * scale
      scale *= 128
      if (value > LARGEST_LONG) throw garbled()
    }
    this.#at = at
    return isNegative ? -value - 1 : value
  }

  double(): number {
    const at = this.#at
    this.#at = at + 8
    if (this.#at > this.#end) throw garbled()
    return this.#bytes.readDoubleLE(at)
  }

  float(): number {
    const at = this.#at
    this.#at = at + 4
    if (this.#at > this.#end) throw garbled()
    return this.#bytes.readFloatLE(at)
  }

  boolean(): boolean {
    const byte = this.#bytes[this.#at++]
    if (byte !== 0 && byte !== 1) throw garbled()
    return byte === 1
  }

  text(): string {
    const start = this.#skipped()
    return this.textAt(start, this.#at)
  }

  /** A text as a string of JSON. */
  textInto(out: JsonBytes): void {
    const start = this.#skipped()
    out.string(this.#bytes, start, this.#at)
  }

  skipText(): void {
    this.#skipped()
  }

  skip(bytes: number): void {
    this.#at += bytes
    if (this.#at > this.#end) throw garbled()
  }

  /** The sizes of the blocks of an array or a map; each has as many items behind it. */
  blockSize(): number {
    const size = this.long()
    // Its length in bytes follows, which is only of use to who skips it.
    if (size < 0) this.long()
    if (this.#at > this.#end) throw garbled()
    return Math.abs(size)
  }

  /** Where a text begins that is now behind us. */
  #skipped(): number {
    const length = this.long()
    const start = this.#at
    this.#at = start + length
    if (length < 0 || this.#at > this.#end) throw garbled()
    return start
  }
}

export function garbled(): EventError {
  return new EventError('A value in a topic is cut or garbled: its bytes do not fit their schema.')
}
