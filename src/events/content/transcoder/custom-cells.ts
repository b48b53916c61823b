import type { Type } from 'avsc'

import {
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COMMA,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
  skipAscii,
  skipText,
  skipValue,
  skipWhitespace,
} from '../../../support/json-bytes.ts'
import type { JsonValue } from '../../../domain/json.ts'
import { customFieldOf } from '../custom-fields.ts'
import type { Findings } from '../findings.ts'
import { writeText, type ContentOutput } from './content-output.ts'
import { writeZigzag } from '../../../support/zigzag.ts'
import { CustomNames, type CustomField, type GroupName } from './custom-names.ts'
import { isMasked, numberOf, valueOf } from './member-values.ts'

/** Branches of the union that a custom field's value is, as Avro writes their numbers. */
const NULL = 0
const BOOLEAN = 2
const DOUBLE = 4
const TEXT = 6
/** Of what is no branch: it is written by avsc. */
const VALUE = 0xfe
/** It stands in `unmappedFields`. */
const NOWHERE = 0xff

/** More fields than these of one record are read in the usual way. */
const MOST_FIELDS = 4_096
/** What a value and the lengths around it take, beside the bytes of texts. */
const ROOM = 32
const NO_BYTES = Buffer.alloc(0)
const T = 0x74
const F = 0x66

/**
 * The custom fields of one record (docs/spark-api.md §4.1), as `readCustomFields` reads them. The bytes are known to be JSON in
 * UTF-8. Not taken are objects with several members where one is usual: of those that come twice JSON means the last one.
 */
export class CustomCells {
  readonly #valueType: Type
  readonly #names = new CustomNames()
  readonly #fields: CustomField[] = []
  readonly #starts = new Int32Array(MOST_FIELDS)
  readonly #ends = new Int32Array(MOST_FIELDS)
  /** Of those that come more than once, all their values. */
  readonly #repeated = new Map<CustomField, JsonValue[]>()
  /** By place. */
  readonly #kinds = new Uint8Array(MOST_FIELDS)
  readonly #numbers = new Float64Array(MOST_FIELDS)
  readonly #values: unknown[] = []
  /** Rank and place of each, sorted. */
  readonly #order = new Uint32Array(MOST_FIELDS)
  #bytes: Buffer = NO_BYTES
  #turn = 0
  #written = 0
  #lastGroup: { next: GroupName | undefined } = this.#names.head

  /** @param valueType of the map's values, a union of null, boolean, double, string and a list of them */
  constructor(valueType: Type) {
    this.#valueType = valueType
  }

  /** Takes the value of the member that begins at `start`; false if it has to be read. */
  take(bytes: Buffer, start: number, found: Findings): boolean {
    this.#bytes = bytes
    this.#turn += 1
    this.#fields.length = 0
    this.#values.length = 0
    this.#repeated.clear()
    this.#names.begin()
    this.#lastGroup = this.#names.head
    if (bytes[start] !== OPEN_ARRAY || this.#categories(start) < 0) return false
    this.#sort()
    this.#written = 0
    for (let i = 0; i < this.#fields.length; i += 1) this.#judge(slotOf(this.#order[i]), found)
    return true
  }

  /** As an Avro map. @throws whatever avsc throws on a value that its type cannot hold. */
  write(output: ContentOutput): void {
    if (this.#written > 0) {
      const buffer = output.room(ROOM)
      output.at = writeZigzag(buffer, output.at, this.#written)
    }
    for (let i = 0; i < this.#fields.length; i += 1) {
      const slot = slotOf(this.#order[i])
      if (this.#kinds[slot] !== NOWHERE) this.#writeField(output, slot)
    }
    output.room(1)[output.at] = 0
    output.at += 1
  }

  /** Forgets where the last record stood. */
  release(): void {
    this.#bytes = NO_BYTES
  }

  /** As the next ones: what is behind the list that begins at `at`; -1 if it has to be read. */
  #categories(at: number): number {
    const bytes = this.#bytes
    let p = skipWhitespace(bytes, at + 1)
    while (bytes[p] !== CLOSE_ARRAY) {
      if (bytes[p] !== OPEN_OBJECT) return -1
      p = this.#category(skipWhitespace(bytes, p + 1))
      if (p < 0) return -1
      p = skipComma(bytes, p)
    }
    return p + 1
  }

  /** Of the objects here, this alone has two members usually: `Main` and `Details`. */
  #category(at: number): number {
    const bytes = this.#bytes
    let p = at
    let before: string | undefined
    for (let members = 0; bytes[p] !== CLOSE_OBJECT; members += 1) {
      const close = skipAscii(bytes, p + 1)
      const name = bytes.toString('latin1', p + 1, close)
      if (bytes[close] !== QUOTE || name === before || members === 2) return -1
      before = name
      p = valueBehind(bytes, close)
      p = bytes[p] === N ? p + NULL_LENGTH : this.#groups(p)
      if (p < 0) return -1
      p = skipComma(bytes, p)
    }
    return p + 1
  }

  #groups(at: number): number {
    const bytes = this.#bytes
    if (bytes[at] !== OPEN_ARRAY) return -1
    let p = skipWhitespace(bytes, at + 1)
    while (bytes[p] !== CLOSE_ARRAY) {
      if (bytes[p] !== OPEN_OBJECT) return -1
      p = skipWhitespace(bytes, p + 1)
      if (bytes[p] === QUOTE) {
        const group = this.#names.group(this.#lastGroup, bytes, p)
        if (group === undefined) return -1
        this.#lastGroup = group
        p = valueBehind(bytes, p + group.raw.length + 1)
        p = bytes[p] === N ? p + NULL_LENGTH : this.#fieldsOf(group, p)
        if (p < 0) return -1
        p = skipWhitespace(bytes, p)
        if (bytes[p] !== CLOSE_OBJECT) return -1
      }
      p = skipComma(bytes, p + 1)
    }
    return p + 1
  }

  #fieldsOf(group: GroupName, at: number): number {
    const bytes = this.#bytes
    if (bytes[at] !== OPEN_ARRAY) return -1
    let p = skipWhitespace(bytes, at + 1)
    let before = group.head
    while (bytes[p] !== CLOSE_ARRAY) {
      if (bytes[p] !== OPEN_OBJECT) return -1
      p = skipWhitespace(bytes, p + 1)
      if (bytes[p] === QUOTE) {
        const name = this.#names.field(group, before, bytes, p)
        if (name === undefined) return -1
        before = name
        const start = valueBehind(bytes, p + name.raw.length + 1)
        p = skipValue(bytes, start)
        if (p < 0 || !this.#add(name.field, start, p)) return -1
        p = skipWhitespace(bytes, p)
        if (bytes[p] !== CLOSE_OBJECT) return -1
      }
      p = skipComma(bytes, p + 1)
    }
    return p + 1
  }

  /** False if there are too many. */
  #add(field: CustomField, start: number, end: number): boolean {
    if (this.#bytes[start] === N) return true
    if (field.seen === this.#turn) {
      const value = valueOf(this.#bytes, { start, end })
      const earlier = this.#repeated.get(field)
      if (earlier === undefined) this.#repeated.set(field, [this.#value(field.slot), value])
      else earlier.push(value)
      return true
    }
    const slot = this.#fields.length
    if (slot === MOST_FIELDS) return false
    this.#fields.push(field)
    this.#starts[slot] = start
    this.#ends[slot] = end
    field.seen = this.#turn
    field.slot = slot
    return true
  }

  #sort(): void {
    this.#names.rank()
    const fields = this.#fields
    for (let i = 0; i < fields.length; i += 1) {
      const field = fields[i]
      this.#order[i] = (field?.rank ?? 0) * MOST_FIELDS + i
    }
    this.#order.subarray(0, fields.length).sort()
  }

  /** What the value is in the content, and beside it. */
  #judge(slot: number, found: Findings): void {
    const field = this.#fields[slot]
    if (field === undefined) return
    const given = this.#repeated.get(field)
    let kind = given === undefined ? this.#kindOf(slot, field, found) : VALUE
    if (kind === VALUE) {
      const read = customFieldOf(given ?? [this.#value(slot)])
      this.#values[slot] = read.value
      if (read.isMasked) found.masked.push(field.key)
      if (read.value === undefined) {
        found.unmapped.push({ path: field.key, field: field.key, text: read.text })
        kind = NOWHERE
      }
    }
    this.#kinds[slot] = kind
    if (kind !== NOWHERE) this.#written += 1
  }

  /** As far as it is seen without reading it. */
  #kindOf(slot: number, { key }: CustomField, found: Findings): number {
    const bytes = this.#bytes
    const start = this.#starts[slot] ?? 0
    const end = this.#ends[slot] ?? 0
    const first = bytes[start]
    if (first === QUOTE) {
      if (isMasked(bytes, start)) {
        found.masked.push(key)
        return NULL
      }
      return skipText(bytes, start + 1) === end - 1 ? TEXT : VALUE
    }
    if (first === T || first === F) return BOOLEAN
    const number = numberOf(bytes, start, end)
    if (Number.isNaN(number)) return VALUE
    this.#numbers[slot] = number
    return DOUBLE
  }

  #value(slot: number): JsonValue {
    return valueOf(this.#bytes, { start: this.#starts[slot] ?? 0, end: this.#ends[slot] ?? 0 })
  }

  #writeField(output: ContentOutput, slot: number): void {
    const keyBytes = this.#fields[slot]?.keyBytes ?? NO_BYTES
    const kind = this.#kinds[slot] ?? NULL
    const start = this.#starts[slot] ?? 0
    const end = this.#ends[slot] ?? 0
    const buffer = output.room(keyBytes.length + end - start + ROOM)
    let at = writeText(buffer, output.at, keyBytes, 0, keyBytes.length)
    if (kind !== VALUE) buffer[at++] = kind
    if (kind === TEXT) at = writeText(buffer, at, this.#bytes, start + 1, end - 1)
    else if (kind === DOUBLE) at = buffer.writeDoubleLE(this.#numbers[slot] ?? 0, at)
    else if (kind === BOOLEAN) buffer[at++] = this.#bytes[start] === T ? 1 : 0
    output.at = at
    if (kind === VALUE) output.encode(this.#valueType, this.#values[slot])
  }
}

const N = 0x6e
const NULL_LENGTH = 4

/** @param order rank and place together */
function slotOf(order: number | undefined): number {
  return (order ?? 0) % MOST_FIELDS
}

/** @param quote the one that closes a name */
function valueBehind(bytes: Buffer, quote: number): number {
  return skipWhitespace(bytes, skipWhitespace(bytes, quote + 1) + 1)
}

function skipComma(bytes: Buffer, at: number): number {
  const p = skipWhitespace(bytes, at)
  return bytes[p] === COMMA ? skipWhitespace(bytes, p + 1) : p
}
