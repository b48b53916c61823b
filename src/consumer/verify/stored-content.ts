import { hash } from 'node:crypto'

import type { Type } from 'avsc'

import { MASKED } from '../../domain/masked.ts'
import { AvroBuffer } from '../../events/content/avro-buffer.ts'
import { EventError } from '../../events/event-error.ts'
import { nestedRecord, parseAvroRecord } from '../../events/schema/avro-record.ts'
import { compileType } from '../../events/schema/compile-type.ts'
import { parseJson } from '../../support/parse-json.ts'
import { parseRecordType, type AvroType } from '../rebuild/decode/avro-type.ts'
import { recordOf } from '../rebuild/decode/row-decoder.ts'
import { columnTypeOf } from '../rebuild/decode/value-reader.ts'
import type { RebuiltResource } from '../rebuild/rebuilt-resource.ts'
import type { Table } from '../rebuild/store.ts'
import type { SchemaText } from '../rebuild/writing/writer.ts'
import { avroValue, fromJson, sortedMap, UnfitValue } from './avro-values.ts'
import type { StoredValue } from './store-reader.ts'

/** Hex digits of a digest. */
const DIGEST_LENGTH = 32

interface PlacedField {
  readonly name: string
  readonly type: AvroType
  /** Of its column; undefined if the store had no room for one. */
  readonly place: number | undefined
}

type Content = Readonly<Record<string, unknown>>

/**
 * Rows of one table that were written under one schema: their content is encoded again, as the publisher has encoded it (R5),
 * and its digest compared with the one that the record had.
 */
export class StoredContent {
  readonly #source: RebuiltResource
  /** The source's fields. */
  readonly #fields: readonly PlacedField[]
  /** What stands beside them: masked, unmapped and custom fields. */
  readonly #beside: readonly PlacedField[]
  readonly #volatilePlace: number | undefined
  readonly #type: Type
  readonly #buffer = new AvroBuffer()

  /** @throws {EventError} EVENT_UNREADABLE if the schema is not that of the resource's event */
  constructor(source: RebuiltResource, { text }: SchemaText, { columns }: Table) {
    const { events } = source.resource
    const places = new Map(columns.map(({ field, type }, place) => [`${field} ${type}`, place]))
    const placed = (
      path: string,
      { name, type }: { readonly name: string; readonly type: AvroType },
    ): PlacedField => {
      return { name, type, place: places.get(`${path}.${name} ${columnTypeOf(type)}`) }
    }
    const content = recordOf(parseRecordType(text), events.content)
    const inner = `${events.content}.${events.fields}`
    this.#source = source
    this.#fields = recordOf(content, events.fields).fields.map((field) => placed(inner, field))
    this.#beside = content.fields
      .filter(({ name }) => name !== events.fields)
      .map((field) => placed(events.content, field))
    this.#volatilePlace = places.get('volatileFields json')
    this.#type = contentType(text, events.content)
  }

  /** Whether the row's content has the digest. @param row in the order of the table's columns */
  has(digest: string, row: readonly StoredValue[], key: string): boolean {
    try {
      for (const content of this.#candidates(row, key)) if (this.#digestOf(content) === digest) return true
      return false
    } catch (error) {
      // A day that no calendar has, say.
      if (error instanceof UnfitValue || error instanceof EventError) return false
      throw error
    }
  }

  /** Undefined if Avro cannot hold it. */
  #digestOf(content: Content): string | undefined {
    let bytes: Buffer
    try {
      bytes = this.#buffer.encode(this.#type, content)
    } catch {
      return undefined
    }
    return hash('sha256', bytes, 'hex').slice(0, DIGEST_LENGTH)
  }

  /**
   * What the row may have been made from: a row does not say whether the source named the key once more among its fields, nor
   * which masked names were none of the content. Only the right one has the digest; the likely ones come first.
   */
  *#candidates(row: readonly StoredValue[], key: string): Generator<Content, void, undefined> {
    const { fields: name } = this.#source.resource.events
    const beside = Object.fromEntries(
      this.#beside.map(({ name: of, type, place }) => [of, valueAt(row, type, place)]),
    )
    const { values, unmapped } = this.#sourceFields(row, textsOf(beside['unmappedFields']))
    for (const [fields, unmappedFields] of this.#withKey(values, unmapped, key)) {
      for (const maskedFields of this.#maskedFields(beside['maskedFields'], row)) {
        const content = { ...beside, [name]: fields, maskedFields, unmappedFields }
        yield content
      }
    }
  }

  /** Values of fields without a column stand among the unmapped ones. */
  #sourceFields(
    row: readonly StoredValue[],
    unmapped: Readonly<Record<string, string>>,
  ): { readonly values: Content; readonly unmapped: Readonly<Record<string, string>> } {
    const values: Record<string, unknown> = {}
    const taken = new Set<string>()
    for (const { name, type, place } of this.#fields) {
      if (name === this.#source.keyColumn) continue
      if (place !== undefined) {
        values[name] = valueAt(row, type, place)
        continue
      }
      const found = fitting(type, unmapped[name])
      if (found === undefined) continue
      values[name] = found
      taken.add(name)
    }
    return { values, unmapped: without(unmapped, taken) }
  }

  *#withKey(
    values: Content,
    unmapped: Readonly<Record<string, string>>,
    key: string,
  ): Generator<readonly [Content, Readonly<Record<string, string>>], void, undefined> {
    const { keyColumn } = this.#source
    const field = this.#fields.find(({ name }) => name === keyColumn)
    if (field === undefined) return yield [values, unmapped]
    yield [{ ...values, [keyColumn]: key }, unmapped]
    yield [values, unmapped]
    const other = fitting(field.type, unmapped[keyColumn])
    if (other !== undefined)
      yield [{ ...values, [keyColumn]: other }, without(unmapped, new Set([keyColumn]))]
  }

  /** The digest is taken without the names of masked volatile fields (R5). */
  *#maskedFields(masked: unknown, row: readonly StoredValue[]): Generator<unknown, void, undefined> {
    const text = this.#volatilePlace === undefined ? null : row[this.#volatilePlace]
    const volatile = typeof text === 'string' ? parseJson(text) : null
    const names = new Set(
      typeof volatile === 'object' && volatile !== null
        ? Object.entries(volatile).flatMap(([name, value]) => (value === MASKED ? [name] : []))
        : [],
    )
    if (Array.isArray(masked) && names.size > 0) yield masked.filter((name) => !names.has(name))
    yield masked
  }
}

function valueAt(row: readonly StoredValue[], type: AvroType, place: number | undefined): unknown {
  return place === undefined ? undefined : avroValue(type, row[place])
}

/** Undefined if the text is not there, or not a value of the type. */
function fitting(type: AvroType, json: string | undefined): unknown {
  if (json === undefined) return undefined
  try {
    return fromJson(type, parseJson(json))
  } catch (error) {
    if (error instanceof UnfitValue || error instanceof EventError) return undefined
    throw error
  }
}

function textsOf(map: unknown): Readonly<Record<string, string>> {
  if (typeof map !== 'object' || map === null) return {}
  return sortedMap(Object.fromEntries(Object.entries(map)), String)
}

function without(
  map: Readonly<Record<string, string>>,
  names: ReadonlySet<string>,
): Readonly<Record<string, string>> {
  if (names.size === 0) return map
  return sortedMap(Object.fromEntries(Object.entries(map).filter(([name]) => !names.has(name))), String)
}

/** Of the record that a nullable field of the event holds. @throws {EventError} */
function contentType(text: string, field: string): Type {
  const event = parseAvroRecord(text)
  const content = nestedRecord(event, field)
  const type = compileType(text).named[`${content.namespace ?? event.namespace}.${content.name}`]
  if (type !== undefined) return type
  throw new EventError(`A schema of the registry names the record ${content.name} in another way.`)
}
