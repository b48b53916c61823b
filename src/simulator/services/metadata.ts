import { createHash } from 'node:crypto'

import type { JsonObject } from '../../domain/json.ts'
import { ApiFailure, successText } from '../api/envelope.ts'
import type { KeyOrder } from '../api/key-order.ts'
import { jsonReply } from '../api/reply.ts'
import type { Reply } from '../api/reply.ts'
import type { FieldCatalog, FieldDefinition } from '../records/field-catalog.ts'
import { PROPERTY_TYPES } from '../collections/listings/property-types.ts'
import type { Mls } from '../data-share.ts'
import { datetimeText, wholeSeconds } from '../time-text.ts'

const ALL_TYPES = PROPERTY_TYPES.map(({ code }) => code)

/** Request headers of a conditional GET (docs/spark-api.md §3.5). */
export interface Conditions {
  readonly ifNoneMatch: string | undefined
  readonly ifModifiedSince: string | undefined
}

export function standardFieldsReply(catalog: FieldCatalog, order: KeyOrder, conditions: Conditions): Reply {
  const listed = catalog.fields.filter((field) => field.inMetadata)
  const fields = Object.fromEntries(listed.map((field) => [field.name, standardField(field)]))
  return conditionalReply([fields], catalog.updatedAt, order, conditions)
}

/** @throws {ApiFailure} 404 */
export function standardFieldReply(
  catalog: FieldCatalog,
  name: string,
  share: readonly Mls[],
  order: KeyOrder,
): Reply {
  const field = catalog.find(name)
  if (field === undefined || !field.inMetadata) throw new ApiFailure(404, 404, 'Not found')
  const options = name === 'MlsId' ? share : optionsOf(field).map((option) => ({ id: option, name: option }))
  const FieldList = options.map(({ id, name: Name }) => ({ Name, Value: id, AppliesTo: ALL_TYPES }))
  const results = [{ [name]: { ...standardField(field), FieldList } }]
  return jsonReply(200, successText([['Results', JSON.stringify(results)]], order))
}

export function customFieldsReply(catalog: FieldCatalog, order: KeyOrder, conditions: Conditions): Reply {
  const groups: Record<string, { Label: string; Fields: Record<string, JsonObject> }> = {}
  for (const field of catalog.fields) {
    if (field.group === null || !field.inMetadata) continue
    const group = (groups[field.group.name] ??= { Label: field.group.name, Fields: {} })
    group.Fields[field.name] = customField(field, field.group.category)
  }
  return conditionalReply([groups], catalog.updatedAt, order, conditions)
}

export function propertyTypesReply(updatedAt: number, order: KeyOrder, conditions: Conditions): Reply {
  const types = PROPERTY_TYPES.map(({ code, name }) => ({ MlsName: name, MlsCode: code }))
  return conditionalReply(types, updatedAt, order, conditions)
}

/** If-None-Match wins over If-Modified-Since (RFC 9110 §13.2.2); a 304 has the ETag alone. */
function conditionalReply(
  results: unknown,
  updatedAt: number,
  order: KeyOrder,
  conditions: Conditions,
): Reply {
  const json = JSON.stringify(results)
  const etag = `"${createHash('md5').update(json).digest('hex')}"`
  const { ifNoneMatch, ifModifiedSince } = conditions
  const unchanged =
    ifNoneMatch === undefined
      ? ifModifiedSince !== undefined && Date.parse(ifModifiedSince) >= wholeSeconds(updatedAt)
      : ifNoneMatch.split(',').some((tag) => tag.trim() === etag)
  if (unchanged) return { status: 304, headers: { ETag: etag }, body: '' }
  const lastUpdated = JSON.stringify(datetimeText(updatedAt))
  const reply = jsonReply(
    200,
    successText(
      [
        ['LastUpdated', lastUpdated],
        ['Results', json],
      ],
      order,
    ),
  )
  const lastModified = new Date(wholeSeconds(updatedAt)).toUTCString()
  return { ...reply, headers: { ...reply.headers, ETag: etag, 'Last-Modified': lastModified } }
}

/** Attributes of docs/spark-api.md §4.9; any may be missing, so Booleans go without those of lists. */
function standardField(field: FieldDefinition): JsonObject {
  const lists = { HasList: hasList(field), MultiSelect: field.values.kind === 'multi' }
  return {
    ResourceUri: `/v1/standardfields/${field.name}`,
    Label: labelOf(field.name),
    Type: field.type,
    Searchable: field.searchable,
    ...(field.type === 'Boolean' ? {} : lists),
    ...(hasList(field) ? { MaxListSize: 200 } : {}),
    Nullable: field.nullRate > 0,
    Currency: field.name.endsWith('Price'),
    Format: null,
    MlsVisible: { PropertyTypes: ALL_TYPES },
    AllMlsVisible: { PropertyTypes: ['A'] },
  }
}

function customField(field: FieldDefinition, category: string): JsonObject {
  return {
    // Blanks stay as they are (docs/spark-api.md §4.9).
    ResourceUri: `/v1/customfields/${field.name}`,
    Label: field.name,
    Type: field.type,
    Searchable: field.searchable,
    HasList: hasList(field),
    MultiSelect: field.values.kind === 'multi',
    MaxListSize: hasList(field) ? 200 : false,
    MlsVisible: ALL_TYPES,
    AllMlsVisible: [],
    FieldCategory: category,
  }
}

function hasList(field: FieldDefinition): boolean {
  return optionsOf(field).length > 0
}

function optionsOf({ values }: FieldDefinition): readonly string[] {
  return 'options' in values ? values.options : []
}

/** `BedsTotal` as `Beds Total`. */
function labelOf(name: string): string {
  return name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ')
}
