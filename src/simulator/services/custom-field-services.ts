import type { JsonObject } from '../../domain/json.ts'
import { PROPERTY_TYPES } from '../collections/listings/property-types.ts'
import type { FieldCatalog, FieldDefinition } from '../records/field-catalog.ts'
import { customField, fieldOptions, listedFields } from './field-metadata.ts'
import { answering, conditionalReply } from './metadata-reply.ts'
import { notFound } from './service.ts'
import type { ServiceTable } from './service.ts'

/** Custom fields by group and by name (docs/spark-api.md §4.9). */
export function customFieldServices(catalog: FieldCatalog): ServiceTable {
  return [
    [
      '/v1/customfields',
      ({ conditions, circumstances: { order } }) => {
        const groups = mapValues(groupsIn(catalog), (fields, name) => ({
          Label: name,
          Fields: mapValues(fields, customField),
        }))
        return conditionalReply([groups], catalog.updatedAt, order, conditions)
      },
    ],
    [
      '/v1/customfields/groups',
      answering(() => [mapValues(groupsIn(catalog), (_, name) => ({ Label: name }))]),
    ],
    [
      '/v1/customfields/{Field}',
      answering((name = '') => [ofPropertyType(catalog, name) ?? one(catalog, name)]),
    ],
  ]
}

type Groups = Readonly<Record<string, Readonly<Record<string, FieldDefinition>>>>

function groupsIn(catalog: FieldCatalog): Groups {
  const byGroup = Map.groupBy(listedFields(catalog), ({ group }) => group?.name ?? '')
  return Object.fromEntries(
    byGroup
      .entries()
      .map(([name, fields]) => [name, Object.fromEntries(fields.map((field) => [field.name, field]))]),
  )
}

/** The old form of the service: the code of a property type in the place of a field's name. */
function ofPropertyType(catalog: FieldCatalog, code: string): JsonObject | undefined {
  if (!PROPERTY_TYPES.some((type) => type.code === code)) return undefined
  return mapValues(groupsIn(catalog), (fields) => mapValues(fields, ({ type }) => ({ Type: type })))
}

/** By the name without its group; of several groups that have such a field the first. */
function one(catalog: FieldCatalog, name: string): JsonObject {
  const field = listedFields(catalog).find((candidate) => candidate.name === name)
  if (field === undefined) throw notFound()
  return { [name]: { ...customField(field), FieldList: fieldOptions(field) } }
}

function mapValues<T, U>(
  object: Readonly<Record<string, T>>,
  map: (value: T, name: string) => U,
): Readonly<Record<string, U>> {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, map(value, name)]))
}
