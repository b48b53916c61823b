/** A page of keys and stamps, of which nearly every row is like the one before but for these. */
import { parseInstant, type Instant } from '../domain/instant.ts'
import type { JsonObject } from '../domain/json.ts'
import { parseRecordKey, type RecordKey } from '../domain/record-key.ts'
import type { ChangeStamps, ResourceDescription } from '../domain/resource.ts'
import type { SourceRecord, UnreadableRecord } from '../domain/source-record.ts'
import { MLS_FIELD } from '../domain/row-values.ts'
import { InvariantViolation } from '../support/errors.ts'
import {
  CLOSE_OBJECT,
  COLON,
  COMMA,
  endOfPlainString,
  OPEN_OBJECT,
  QUOTE,
  skipValue,
  skipWhitespace,
} from '../support/json-bytes.ts'
import { readPage, type PageBody } from './page-body.ts'
import { scanPage } from './page-scan.ts'
import { readRow } from './records.ts'

/** Exactly as `readPage` reads it: a row like the one before it is compared with that, and others are parsed. */
export function readKeyPage(bytes: Buffer, resource: ResourceDescription): PageBody {
  const records: SourceRecord[] = []
  const unreadable: UnreadableRecord[] = []
  const isPatterned = hasOwnFields(resource)
  let pattern: RowPattern | undefined
  const envelope = scanPage(bytes, (at) => {
    const like = pattern?.recordAt(at)
    if (pattern !== undefined && like !== undefined) {
      records.push(like)
      return at + pattern.length
    }
    const end = skipValue(bytes, at)
    if (end < 0) return end
    const row = readRow(resource, bytes, at, end)
    if ('key' in row) {
      records.push(row)
      if (isPatterned) pattern = RowPattern.of(bytes, { from: at, to: end }, row, resource)
    } else unreadable.push(row)
    return end
  })
  return envelope === undefined
    ? readPage(bytes, resource)
    : { kind: 'envelope', envelope, rows: { records, unreadable } }
}

interface Place {
  readonly from: number
  readonly to: number
}

/**
 * A row with a hole where its key stands, each time, and one for its stamp. What has the same bytes around them, the same key
 * in all of the first, and a datetime in the other one, differs from it in nothing that is read of a row but these.
 */
class RowPattern {
  /** Of the whole row, in bytes. */
  readonly length: number
  readonly #page: Buffer
  readonly #resource: ResourceDescription
  /** The row itself. */
  readonly record: SourceRecord
  /** All from here on are offsets from the row's first byte. */
  readonly #row: Buffer
  readonly #keys: readonly number[]
  readonly #stamp: Place | undefined
  /** Of what is between the holes, where each begins and ends. */
  readonly #rest: Int32Array

  private constructor(
    page: Buffer,
    resource: ResourceDescription,
    record: SourceRecord,
    { row, keys, stamp }: { row: Buffer; keys: readonly number[]; stamp: Place | undefined },
  ) {
    this.length = row.length
    this.#page = page
    this.#resource = resource
    this.record = record
    this.#row = row
    this.#keys = keys
    this.#stamp = stamp
    const holes = keys.map((from) => ({ from, to: from + record.key.length }))
    if (stamp !== undefined) holes.push(stamp)
    const edges = holes.toSorted((a, b) => a.from - b.from).flatMap(({ from, to }) => [from, to])
    this.#rest = Int32Array.from([0, ...edges, row.length])
  }

  /** Undefined if the row's key stands nowhere as it is. */
  static of(
    page: Buffer,
    { from, to }: Place,
    record: SourceRecord,
    resource: ResourceDescription,
  ): RowPattern | undefined {
    const row = page.subarray(from, to)
    const top = membersOf(row, 0)
    const below = resource.fields.at === 'StandardFields' ? top?.get('StandardFields') : undefined
    const isBelow = below !== undefined && row[below.from] === OPEN_OBJECT
    const fields = isBelow ? membersOf(row, below.from) : top
    if (top === undefined || fields === undefined) return undefined
    const key = Buffer.from(record.key)
    const keys = [
      ...new Set([
        ...keyIn(row, top.get('Id'), key, QUOTE),
        ...keyIn(row, fields.get(resource.keyField), key, QUOTE),
        ...keyIn(row, top.get('ResourceUri'), key, SLASH),
      ]),
    ]
    if (keys.length === 0) return undefined
    const stated = resource.stamp === null ? undefined : fields.get(resource.stamp)
    const isStamped = stated !== undefined && record.modificationTimestamp !== null
    // Between its quotes.
    const stamp = isStamped ? { from: stated.from + 1, to: stated.to - 1 } : undefined
    return new RowPattern(page, resource, record, { row, keys, stamp })
  }

  /** Undefined if what begins there is another row than those that it stands for. */
  recordAt(at: number): SourceRecord | undefined {
    const page = this.#page
    if (at + this.length > page.length || !this.#hasRest(at)) return undefined
    const first = at + (this.#keys[0] ?? 0)
    const size = this.record.key.length
    const key = parseRecordKey(page.toString('latin1', first, first + size))
    if (key === undefined) return undefined
    for (let i = 1; i < this.#keys.length; i += 1) {
      const other = at + (this.#keys[i] ?? 0)
      for (let j = 0; j < size; j += 1) if (page[first + j] !== page[other + j]) return undefined
    }
    const stamp = this.#stamp
    if (stamp === undefined) return new KeyRow(key, this.record.modificationTimestamp, this, at)
    const modified = parseInstant(page.toString('latin1', at + stamp.from, at + stamp.to))
    return modified === undefined ? undefined : new KeyRow(key, modified, this, at)
  }

  #hasRest(at: number): boolean {
    const page = this.#page
    const row = this.#row
    const rest = this.#rest
    for (let i = 0; i < rest.length; i += 2) {
      const to = rest[i + 1] ?? 0
      for (let j = rest[i] ?? 0; j < to; j += 1) if (page[at + j] !== row[j]) return false
    }
    return true
  }

  /** Of the row that begins there. */
  bodyAt(at: number): JsonObject {
    const row = readRow(this.#resource, this.#page, at, at + this.length)
    if (!('key' in row)) throw new InvariantViolation('A row that was read twice was not the same.')
    return row.body
  }
}

/** Its JSON is read again if somebody asks for it. */
class KeyRow implements SourceRecord {
  readonly key: RecordKey
  readonly modificationTimestamp: Instant | null
  readonly #pattern: RowPattern
  readonly #at: number

  constructor(key: RecordKey, modificationTimestamp: Instant | null, pattern: RowPattern, at: number) {
    this.key = key
    this.modificationTimestamp = modificationTimestamp
    this.#pattern = pattern
    this.#at = at
  }

  get mlsId(): string | null {
    return this.#pattern.record.mlsId
  }

  get changeStamps(): ChangeStamps {
    return this.#pattern.record.changeStamps
  }

  get body(): JsonObject {
    return this.#pattern.bodyAt(this.#at)
  }
}

const SLASH = 0x2f

/** Whether what is read of a row stands in a field of its own each. */
function hasOwnFields({ keyField, stamp, changeStamps }: ResourceDescription): boolean {
  const names = [
    keyField,
    ...(stamp === null ? [] : [stamp]),
    MLS_FIELD,
    ...changeStamps.map(({ field }) => field),
  ]
  return new Set(names).size === names.length
}

/**
 * Where the values of an object's members begin and end, of one name the last; undefined if a name has an escape.
 *
 * @param at of an object that `skipValue` takes
 */
function membersOf(row: Buffer, at: number): ReadonlyMap<string, Place> | undefined {
  const members = new Map<string, Place>()
  let p = skipWhitespace(row, at + 1)
  if (row[p] === CLOSE_OBJECT) return members
  for (;;) {
    const end = endOfPlainString(row, p)
    if (end < 0) return undefined
    const name = row.toString('utf8', p + 1, end)
    p = skipWhitespace(row, end + 1)
    if (row[p] !== COLON) return undefined
    const from = skipWhitespace(row, p + 1)
    const to = skipValue(row, from)
    if (to < 0) return undefined
    members.set(name, { from, to })
    p = skipWhitespace(row, to)
    if (row[p] !== COMMA) return members
    p = skipWhitespace(row, p + 1)
  }
}

/** Where the key begins that a text ends with, if this byte is before it: the quote, or one that begins no escape. */
function keyIn(row: Buffer, text: Place | undefined, key: Buffer, before: number): readonly number[] {
  if (text === undefined || row[text.from] !== QUOTE) return []
  const end = text.to - 1
  const at = end - key.length
  return at > text.from && row[at - 1] === before && row.subarray(at, end).equals(key) ? [at] : []
}
