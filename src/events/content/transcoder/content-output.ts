import type { Type } from 'avsc'

import { writeZigzag } from '../../../support/zigzag.ts'

const SMALLEST = 64 * 1024

/** Contents in Avro, one after the other. Writing is up to the caller, who says before how much it will be. */
export class ContentOutput {
  /** Of its own memory, so that it can be handed over to another thread. */
  buffer: Buffer = Buffer.alloc(0)
  /** Behind what is written. */
  at = 0
  /** What the last one came to: the next one is likely to be about as long. */
  #expected = SMALLEST

  /** The buffer, with room for so many bytes behind `at`. */
  room(bytes: number): Buffer {
    if (this.buffer.length - this.at >= bytes) return this.buffer
    const grown = Buffer.allocUnsafeSlow(Math.max(this.#expected, 2 * this.buffer.length, this.at + bytes))
    this.buffer.copy(grown, 0, 0, this.at)
    this.buffer = grown
    return grown
  }

  append(bytes: Uint8Array): void {
    this.room(bytes.length).set(bytes, this.at)
    this.at += bytes.length
  }

  /** @throws whatever avsc throws on a value that the type cannot hold. */
  encode(type: Type, value: unknown): void {
    for (;;) {
      const end = type.encode(value, this.buffer, this.at)
      if (end >= 0) {
        this.at = end
        return
      }
      // avsc says how many bytes were missing, as a negative number.
      this.room(this.buffer.length - this.at - end)
    }
  }

  /** All that was written; what is written next goes elsewhere. */
  take(): Uint8Array<ArrayBuffer> {
    const { buffer, at } = this
    this.#expected = Math.max(SMALLEST, Math.ceil(at * 1.1))
    this.buffer = Buffer.alloc(0)
    this.at = 0
    return new Uint8Array(own(buffer), 0, at)
  }
}

function own({ buffer }: Buffer): ArrayBuffer {
  return buffer instanceof ArrayBuffer ? buffer : new ArrayBuffer(0)
}

/** Shorter pieces are copied faster by hand. */
const WORTH_A_CALL = 40

/** An Avro `string` or `bytes`: these bytes of `from`. Returns what is behind it. */
export function writeText(out: Buffer, at: number, from: Buffer, start: number, end: number): number {
  const length = end - start
  let p = writeZigzag(out, at, length)
  if (length >= WORTH_A_CALL) {
    from.copy(out, p, start, end)
    return p + length
  }
  for (let i = start; i < end; i += 1) out[p++] = from[i] ?? 0
  return p
}
