import type { JsonObject } from '../../domain/json.ts'
import { ROOM_FIELDS, UNIT_FIELDS } from '../collections/listings/parts/labelled-fields.ts'
import type { LabelledField, LabelledFields } from '../collections/listings/parts/labelled-fields.ts'
import { PROPERTY_TYPES } from '../collections/listings/property-types.ts'
import { answering } from './metadata-reply.ts'
import { notFound } from './service.ts'
import type { ServiceTable } from './service.ts'

/** Metadata of the fields of rooms and of units (docs/spark-api.md §4.7); units call their path something else. */
export const PART_FIELD_SERVICES: ServiceTable = [
  ...services('/v1/rooms', '/v1/rooms', ROOM_FIELDS),
  ...services('/v1/units', '/v1/unitfields', UNIT_FIELDS),
]

function services(path: string, uri: string, fields: LabelledFields): ServiceTable {
  const metadata = Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [name, partField(`${uri}/${name}`, field)]),
  )
  return [
    [path, answering(() => [metadata])],
    [
      `${path}/{Field}`,
      answering((name = '') => {
        const field = fields[name]
        if (field === undefined) throw notFound()
        const FieldList = field.options.map((option) => ({ Name: option, Value: option }))
        return [{ [name]: { ...metadata[name], FieldList } }]
      }),
    ],
  ]
}

function partField(uri: string, { label, type, options }: LabelledField): JsonObject {
  return {
    ResourceUri: uri,
    Label: label,
    Type: type,
    Searchable: false,
    HasList: options.length > 0,
    MultiSelect: false,
    MlsVisible: PROPERTY_TYPES.map(({ code }) => code),
  }
}
