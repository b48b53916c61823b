import { writeText } from './content-output.ts'
import { writeZigzag } from '../../../support/zigzag.ts'

/** Of one list: sorting them takes time that grows with their square. */
const MOST = 64

/** Lists of texts of a record, as ranges of its bytes; each list is sorted as JavaScript sorts strings. */
export class TextRanges {
  /** Of all lists. */
  count = 0
  /** Start and end of each. */
  #ranges = new Int32Array(512)

  clear(): void {
    this.count = 0
  }

  /** Whether the list that begins at `begun` should get no more. */
  isFull(begun: number): boolean {
    return this.count - begun >= MOST
  }

  /**
   * To the list that begins at `begun`, the last one. The bytes are UTF-8.
   *
   * @returns false if the list has the text already, or too many
   */
  add(bytes: Buffer, begun: number, start: number, end: number): boolean {
    if (2 * this.count + 2 > this.#ranges.length) {
      const grown = new Int32Array(2 * this.#ranges.length)
      grown.set(this.#ranges)
      this.#ranges = grown
    }
    const ranges = this.#ranges
    let isNew = true
    let place = this.count
    while (place > begun) {
      const otherStart = ranges[2 * place - 2] ?? 0
      const otherEnd = ranges[2 * place - 1] ?? 0
      const order = compare(bytes, otherStart, otherEnd, start, end)
      if (order === 0) isNew = false
      if (order <= 0) break
      ranges[2 * place] = otherStart
      ranges[2 * place + 1] = otherEnd
      place -= 1
    }
    ranges[2 * place] = start
    ranges[2 * place + 1] = end
    this.count += 1
    return isNew && this.count - begun <= MOST
  }

  /** As an Avro array of strings. Returns what is behind it. */
  write(out: Buffer, at: number, bytes: Buffer, begun: number, end: number): number {
    let p = at
    if (end > begun) p = writeZigzag(out, p, end - begun)
    for (let i = begun; i < end; i += 1) {
      p = writeText(out, p, bytes, this.#ranges[2 * i] ?? 0, this.#ranges[2 * i + 1] ?? 0)
    }
    out[p] = 0
    return p + 1
  }
}

/** As JavaScript compares strings, by UTF-16: what is above U+FFFF comes before U+E000 to U+FFFF there. */
function compare(bytes: Buffer, start: number, end: number, otherStart: number, otherEnd: number): number {
  const length = Math.min(end - start, otherEnd - otherStart)
  for (let i = 0; i < length; i += 1) {
    const byte = bytes[start + i] ?? 0
    const other = bytes[otherStart + i] ?? 0
    if (byte === other) continue
    if (byte >= 0xee && other >= 0xee && byte >= 0xf0 !== other >= 0xf0) return other - byte
    return byte - other
  }
  return end - start - (otherEnd - otherStart)
}
