/** Versions of a resource's schema, and values of them as the publisher writes and a subscriber reads them. */
import type { Type } from 'avsc'
import * as fc from 'fast-check'

import { parseSchemaId } from '../../../src/domain/content.ts'
import type { JsonObject, JsonValue } from '../../../src/domain/json.ts'
import { recordKey } from '../../../src/domain/record-key.ts'
import type { ResourceDescription } from '../../../src/domain/resource.ts'
import { ReaderSchemas } from '../../../src/consumer/sdk/reader-view/reader-schemas.ts'
import type { Projection } from '../../../src/events/content/projection.ts'
import { findRecord, parseAvroRecord, type AvroRecord } from '../../../src/events/schema/avro-record.ts'
import { compileEvent } from '../../../src/events/schema/compiled-event.ts'
import { compileReadableType, compileType } from '../../../src/events/schema/compile-type.ts'
import { fieldTypeOf } from '../../../src/events/schema/field-type.ts'

const SCHEMA_ID = parseSchemaId(1)!
const KEY = recordKey('20240117093015123456000001')

export interface Content {
  readonly [fields: string]: unknown
  readonly maskedFields: readonly string[]
  readonly unmappedFields: Readonly<Record<string, string>>
}

/** The event of a record of the source, published under a schema and read as it was written. */
export function written(resource: ResourceDescription, schema: string, body: JsonObject): object {
  const { projection, type, readable } = compiled(resource, schema)
  const { content } = projection.project(KEY, body)
  const event = {
    [resource.events.key]: KEY,
    change: 'UPDATED',
    modificationTimestamp: null,
    observedAt: 1_714_658_589_000,
    passId: 'p1',
    volatileFields: {},
    [resource.events.content]: content,
  }
  return readable.fromBuffer(type.toBuffer(event)) as object
}

const COMPILED = new Map<string, { projection: Projection; type: Type; readable: Type }>()

function compiled(resource: ResourceDescription, schema: string) {
  const known = COMPILED.get(schema)
  if (known !== undefined) return known
  const { projection } = compileEvent(SCHEMA_ID, schema, { resource, volatileFields: [] })
  const made = { projection, type: compileType(schema).type, readable: compileReadableType(schema) }
  COMPILED.set(schema, made)
  return made
}

/** A value that was written with one schema, seen through another one. */
export function seen(resource: ResourceDescription, writer: string, reader: string, value: object): object {
  const readers = new ReaderSchemas(resource, [reader])
  const record = parseAvroRecord(writer)
  return readers.see({ schemaId: SCHEMA_ID, record, value }) as object
}

export function contentOf(resource: ResourceDescription, event: object): Content {
  return (event as Record<string, Content>)[resource.events.content]!
}

/** Without the classes that avsc gives to records. */
export function plain<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T
}

/** Paths of fields within the record that holds the source's. @param which leaves hold no record */
export function fieldPaths(fields: AvroRecord, which: 'leaves' | 'all'): readonly string[] {
  return fields.fields.flatMap(({ name, type }) => {
    const inner = innerRecord(type)
    const within = inner === undefined ? [] : fieldPaths(inner, which).map((path) => `${name}.${path}`)
    return inner === undefined || which === 'all' ? [name, ...within] : within
  })
}

/** The same schema before the fields at these paths were added. */
export function withoutFields(
  resource: ResourceDescription,
  schema: string,
  paths: readonly string[],
): string {
  const event = parseAvroRecord(schema)
  const { content, fields } = resource.events
  const dropped = new Set(paths.map((path) => `${content}.${fields}.${path}`))
  return JSON.stringify(withoutPaths(inlined(event), '', dropped))
}

export function sourceFields(resource: ResourceDescription, schema: string): AvroRecord {
  const { content, fields } = resource.events
  return innerRecordOf(innerRecordOf(inlined(parseAvroRecord(schema)), content), fields)
}

/** A record whose every value is as its field holds it, so that nothing of it is lost in another version's JSON text. */
export function recordOf(fields: AvroRecord): fc.Arbitrary<JsonObject> {
  const members = fields.fields.map(
    ({ name, type, default: nothing }) => [name, valueOf(type, nothing)] as const,
  )
  return fc
    .record(Object.fromEntries(members), { noNullPrototype: true })
    .map((record) => Object.fromEntries(Object.entries(record).filter(([, value]) => value !== null)))
}

const text = fc.string({ unit: 'grapheme' }).filter((value) => !value.includes('\0') && value.isWellFormed())
const DAY_MS = 86_400_000

function valueOf(type: unknown, nothing: unknown): fc.Arbitrary<JsonValue> {
  const value = presentValueOf(type, Array.isArray(nothing))
  return fc.oneof({ weight: 1, arbitrary: fc.constant(null) }, { weight: 3, arbitrary: value })
}

function presentValueOf(type: unknown, isNeverNull: boolean): fc.Arbitrary<JsonValue> {
  const found = fieldTypeOf(type)
  const minLength = isNeverNull ? 1 : 0
  switch (found?.kind) {
    case undefined:
      throw new Error(`No value of ${JSON.stringify(type)} is known.`)
    case 'string':
      return text
    case 'long':
      return fc.integer()
    case 'double':
      return fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (value === 0 ? 0 : value))
    case 'boolean':
      return fc.boolean()
    case 'date':
      return fc.integer({ min: 0, max: 30_000 }).map((day) => isoText(day * DAY_MS).slice(0, 10))
    case 'timestamp':
      return fc.integer({ min: 0, max: 2 ** 41 }).map(isoText)
    case 'array':
      return fc.array(text, { minLength }).map((items) => items.sort())
    case 'labels':
      return fc.array(fc.constantFrom({ Level: 'Main' }, { 'Room Name': 'Bedroom' }), { minLength })
    case 'record':
      return recordOf(definedRecord(found.record))
    case 'records':
      return fc.array(recordOf(definedRecord(found.record)), { minLength, maxLength: 3 })
  }
}

function isoText(ms: number): string {
  return new Date(ms).toISOString()
}

function definedRecord(record: AvroRecord | string): AvroRecord {
  if (typeof record === 'string') throw new Error(`${record} is a name alone.`)
  return record
}

/** With records in the place of their names, as a schema may not have them but a test needs them. */
function inlined(event: AvroRecord): AvroRecord {
  const defined = new Map<string, unknown>()
  const inline = (type: unknown): unknown => {
    if (typeof type === 'string') return defined.get(type.slice(type.lastIndexOf('.') + 1)) ?? type
    if (Array.isArray(type)) return type.map(inline)
    if (typeof type !== 'object' || type === null) return type
    const record = findRecord(type)
    if (record === undefined) {
      return 'items' in type ? { ...type, items: inline(type.items) } : type
    }
    const fields = record.fields.map((field) => ({ ...field, type: inline(field.type) }))
    defined.set(record.name, { ...record, fields })
    return { ...record, fields }
  }
  return inline(event) as AvroRecord
}

/** Each record is written out where it stands first, and named after that, as Avro wants it. */
function withoutPaths(event: AvroRecord, prefix: string, dropped: ReadonlySet<string>): unknown {
  const defined = new Set<string>()
  const strip = (type: unknown, path: string): unknown => {
    if (Array.isArray(type)) return type.map((branch) => strip(branch, path))
    if (typeof type !== 'object' || type === null) return type
    const record = findRecord(type)
    if (record === undefined) return 'items' in type ? { ...type, items: strip(type.items, path) } : type
    if (defined.has(record.name)) return `listingstream.${record.name}`
    defined.add(record.name)
    const kept = record.fields.filter(({ name }) => !dropped.has(path === '' ? name : `${path}.${name}`))
    return {
      ...record,
      fields: kept.map((field) => ({
        ...field,
        type: strip(field.type, path === '' ? field.name : `${path}.${field.name}`),
      })),
    }
  }
  return strip(event, prefix)
}

function innerRecord(type: unknown): AvroRecord | undefined {
  const found = fieldTypeOf(type)
  return found?.kind === 'record' || found?.kind === 'records' ? definedRecord(found.record) : undefined
}

function innerRecordOf(record: AvroRecord, name: string): AvroRecord {
  return findRecord(record.fields.find((field) => field.name === name)?.type)!
}
