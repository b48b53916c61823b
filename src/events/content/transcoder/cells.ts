import {
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  DOT,
  MINUS,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
  skipAscii,
  skipLiteral,
  skipText,
  skipWhitespace,
} from '../../../support/json-bytes.ts'
import { daysAt, millisAt, MOST_DIGITS, POWERS_OF_TEN } from './byte-values.ts'
import { writeText, type ContentOutput } from './content-output.ts'
import { writeZigzag } from '../../../support/zigzag.ts'
import { WAYS, type CellPlan, type Way } from './plan.ts'
import { TextRanges } from './text-ranges.ts'

/** What a cell holds. */
const NOTHING = 0
/** A text that stands in the bytes. */
const TEXT = 1
const LONG = 2
const DOUBLE = 3
const BOOLEAN = 4
/** Texts that stand in the bytes. */
const TEXTS = 5
/** A value that was read. */
const VALUE = 6

/** What the longest number takes, its branch with it. */
const LONGEST_NUMBER = 11

/**
 * The fields of one record, in the order of the schema: where their values stand, or what they are. `take` answers what is
 * behind a value that it took; 0 if it has to be read, or is none.
 */
export class Cells {
  readonly #plan: readonly CellPlan[]
  readonly #branches: Uint8Array
  /** Whether nothing is written as the first branch. */
  readonly #isNullable: Uint8Array
  /** Of each cell, `NOTHING` to `VALUE`. */
  readonly #holds: Uint8Array
  readonly #numbers: Float64Array
  /** From where to where in the bytes, or in `#texts`. */
  readonly #starts: Int32Array
  readonly #ends: Int32Array
  readonly #values: unknown[]
  readonly #texts = new TextRanges()

  constructor(plan: readonly CellPlan[]) {
    // One more, that is written to and not from.
    const size = plan.length + 1
    this.#plan = plan
    this.#branches = Uint8Array.from(plan, ({ branch }) => branch)
    this.#isNullable = Uint8Array.from(plan, ({ absent }) => (absent.length === 1 && absent[0] === 0 ? 1 : 0))
    this.#holds = new Uint8Array(size)
    this.#numbers = new Float64Array(size)
    this.#starts = new Int32Array(size)
    this.#ends = new Int32Array(size)
    this.#values = Array.from({ length: size }, () => null)
  }

  begin(): void {
    this.#holds.fill(NOTHING)
    this.#texts.clear()
  }

  /** A value that was read. */
  put(cell: number, value: unknown): void {
    this.#holds[cell] = VALUE
    this.#values[cell] = value
  }

  take(way: Way, cell: number, bytes: Buffer, at: number): number {
    switch (way) {
      case WAYS.TEXT:
        return this.#takeText(cell, bytes, at)
      case WAYS.LONG:
      case WAYS.DOUBLE:
        return this.#takeNumber(way === WAYS.LONG ? LONG : DOUBLE, cell, bytes, at)
      case WAYS.BOOLEAN:
        return this.#takeBoolean(cell, bytes, at)
      case WAYS.DATE:
        if (bytes[at] !== QUOTE || bytes[at + 11] !== QUOTE) return 0
        return this.#number(LONG, cell, daysAt(bytes, at + 1), at + 12)
      case WAYS.TIMESTAMP:
        if (bytes[at] !== QUOTE || bytes[at + 21] !== QUOTE) return 0
        return this.#number(LONG, cell, millisAt(bytes, at + 1), at + 22)
      case WAYS.LIST:
        return this.#takeList(cell, bytes, at)
      case WAYS.READ:
      case WAYS.FIELDS:
        return 0
    }
  }

  /** All that the record has, in Avro. @param length of the record in JSON */
  write(out: ContentOutput, bytes: Buffer, length: number): void {
    const cells = this.#plan.length
    // Texts are hardly longer in Avro than in JSON, if they are; what was read says itself how long it is.
    const most = 2 * length + cells * LONGEST_NUMBER
    let buffer = out.room(most)
    let at = out.at
    for (let cell = 0; cell < cells; cell += 1) {
      const holds = this.#holds[cell]
      if (holds === NOTHING && this.#isNullable[cell] === 1) {
        buffer[at++] = 0
        continue
      }
      if (holds === NOTHING || holds === VALUE) {
        out.at = at
        this.#writeValue(out, cell, holds === VALUE)
        buffer = out.room(most)
        at = out.at
        continue
      }
      const branch = this.#branches[cell] ?? 0
      if (branch !== 0) buffer[at++] = branch
      at = this.#writeHeld(buffer, at, cell, bytes)
    }
    out.at = at
  }

  #writeValue(out: ContentOutput, cell: number, isThere: boolean): void {
    const plan = this.#plan[cell]
    if (plan === undefined) return
    if (isThere) out.encode(plan.type, this.#values[cell])
    else out.append(plan.absent)
  }

  #writeHeld(out: Buffer, at: number, cell: number, bytes: Buffer): number {
    const start = this.#starts[cell] ?? 0
    const end = this.#ends[cell] ?? 0
    switch (this.#holds[cell] ?? NOTHING) {
      case TEXT:
        return writeText(out, at, bytes, start, end)
      case LONG:
        return writeZigzag(out, at, this.#numbers[cell] ?? 0)
      case DOUBLE:
        return out.writeDoubleLE(this.#numbers[cell] ?? 0, at)
      case BOOLEAN:
        out[at] = this.#numbers[cell] ?? 0
        return at + 1
      default:
        return this.#texts.write(out, at, bytes, start, end)
    }
  }

  #takeText(cell: number, bytes: Buffer, at: number): number {
    if (bytes[at] !== QUOTE) return 0
    const end = endOfText(bytes, at)
    return end === 0 ? 0 : this.#range(TEXT, cell, at + 1, end, end + 1)
  }

  #takeBoolean(cell: number, bytes: Buffer, at: number): number {
    const end = skipLiteral(bytes, at)
    return end < 0 || bytes[at] === N ? 0 : this.#number(BOOLEAN, cell, bytes[at] === T ? 1 : 0, end)
  }

  /** Also of a text that holds one (docs/spark-api.md §4.1), as `fit` takes it. */
  #takeNumber(holds: typeof LONG | typeof DOUBLE, cell: number, bytes: Buffer, at: number): number {
    const isText = bytes[at] === QUOTE
    let p = isText ? at + 1 : at
    const isNegative = bytes[p] === MINUS
    if (isNegative) p += 1
    const first = p
    let digits = 0
    let byte = bytes[p] ?? 0
    while (byte >= ZERO && byte <= NINE) {
      digits = digits * 10 + byte - ZERO
      byte = bytes[++p] ?? 0
    }
    const whole = p - first
    let places = 0
    if (byte === DOT) {
      const begun = p + 1
      byte = bytes[++p] ?? 0
      while (byte >= ZERO && byte <= NINE) {
        digits = digits * 10 + byte - ZERO
        byte = bytes[++p] ?? 0
      }
      places = p - begun
      if (places === 0 || (isText && holds === LONG)) return 0
    }
    if (whole === 0 || whole + places > MOST_DIGITS) return 0
    if (isText) {
      if (byte !== QUOTE) return 0
      p += 1
    } else if ((bytes[first] === ZERO && whole > 1) || byte === 0x65 || byte === 0x45) return 0
    const size = places === 0 ? digits : digits / (POWERS_OF_TEN[places] ?? 1)
    if (holds === LONG && !Number.isInteger(size)) return 0
    // Zero has no sign.
    return this.#number(holds, cell, isNegative && size !== 0 ? -size : size, p)
  }

  /** A text, a list of texts, or an object of trues (docs/spark-api.md §4.3). */
  #takeList(cell: number, bytes: Buffer, at: number): number {
    const first = bytes[at]
    const texts = this.#texts
    const begun = texts.count
    let end = 0
    if (first === QUOTE) {
      const close = endOfText(bytes, at)
      if (close === 0) return 0
      texts.add(bytes, begun, at + 1, close)
      end = close + 1
    } else if (first === OPEN_OBJECT) end = this.#takeOptions(bytes, at)
    else if (first === OPEN_ARRAY) end = this.#takeItems(bytes, at)
    return end === 0 ? 0 : this.#range(TEXTS, cell, begun, texts.count, end)
  }

  #takeOptions(bytes: Buffer, at: number): number {
    const texts = this.#texts
    const begun = texts.count
    let p = skipWhitespace(bytes, at + 1)
    if (bytes[p] === CLOSE_OBJECT) return p + 1
    for (;;) {
      const close = bytes[p] === QUOTE ? endOfText(bytes, p) : 0
      if (close === 0) return 0
      // One that comes twice is one member: it is read.
      if (!texts.add(bytes, begun, p + 1, close)) return 0
      p = skipWhitespace(bytes, close + 1)
      if (bytes[p] !== COLON) return 0
      p = skipWhitespace(bytes, p + 1)
      if (bytes[p] !== T) return 0
      const end = skipLiteral(bytes, p)
      if (end < 0) return 0
      p = skipWhitespace(bytes, end)
      if (bytes[p] === CLOSE_OBJECT) return p + 1
      if (bytes[p] !== COMMA) return 0
      p = skipWhitespace(bytes, p + 1)
    }
  }

  #takeItems(bytes: Buffer, at: number): number {
    const texts = this.#texts
    const begun = texts.count
    let p = skipWhitespace(bytes, at + 1)
    if (bytes[p] === CLOSE_ARRAY) return p + 1
    for (;;) {
      const close = bytes[p] === QUOTE ? endOfText(bytes, p) : 0
      if (close === 0) return 0
      texts.add(bytes, begun, p + 1, close)
      if (texts.isFull(begun)) return 0
      p = skipWhitespace(bytes, close + 1)
      if (bytes[p] === CLOSE_ARRAY) return p + 1
      if (bytes[p] !== COMMA) return 0
      p = skipWhitespace(bytes, p + 1)
    }
  }

  #number(holds: number, cell: number, value: number, end: number): number {
    if (Number.isNaN(value)) return 0
    this.#holds[cell] = holds
    this.#numbers[cell] = value
    return end
  }

  #range(holds: number, cell: number, start: number, stop: number, end: number): number {
    this.#holds[cell] = holds
    this.#starts[cell] = start
    this.#ends[cell] = stop
    return end
  }
}

const ZERO = 0x30
const NINE = 0x39
const N = 0x6e
const T = 0x74

/** The closing quote of a text that stands as it is; 0 if there are escapes in it, or what is no JSON. */
function endOfText(bytes: Buffer, quote: number): number {
  let end = skipAscii(bytes, quote + 1)
  if (bytes[end] !== QUOTE) end = skipText(bytes, end)
  return bytes[end] === QUOTE ? end : 0
}
