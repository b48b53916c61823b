import type { JsonObject } from '../../domain/json.ts'
import { PROPERTY_TYPES } from '../collections/listings/property-types.ts'
import { answering } from './metadata-reply.ts'
import { notFound } from './service.ts'
import type { ServiceTable } from './service.ts'

/** A field of the rooms or of the units of a listing. */
interface PartField {
  readonly label: string
  readonly type: 'Character' | 'Integer' | 'Decimal'
  /** Empty for a field without a list. */
  readonly options: readonly string[]
}

type PartFields = Readonly<Record<string, PartField>>

const ROOM_FIELDS: PartFields = {
  RoomName: text('Room Name', 'Bedroom', 'Kitchen', 'Living Room'),
  LevelOrFloor: text('Room Level', '1', '2', 'Basement'),
  Area: number('Area'),
  Length: number('Length'),
  Width: number('Width'),
  Description: text('Description'),
}
const UNIT_FIELDS: PartFields = {
  unit_nbr: text('Unit #'),
  BedsTotal: { label: 'Beds', type: 'Integer', options: [] },
  BathsTotal: number('Baths'),
  sqft: number('SqFt'),
  ActualRent: number('Actual Rent'),
}

/** Metadata of the fields of rooms and of units (docs/spark-api.md §4.7); units call their path something else. */
export const PART_FIELD_SERVICES: ServiceTable = [
  ...services('/v1/rooms', '/v1/rooms', ROOM_FIELDS),
  ...services('/v1/units', '/v1/unitfields', UNIT_FIELDS),
]

function services(path: string, uri: string, fields: PartFields): ServiceTable {
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

function partField(uri: string, { label, type, options }: PartField): JsonObject {
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

function text(label: string, ...options: string[]): PartField {
  return { label, type: 'Character', options }
}

function number(label: string): PartField {
  return { label, type: 'Decimal', options: [] }
}
