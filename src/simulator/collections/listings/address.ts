import type { RecordFields } from '../../records/collection-definition.ts'
import { defineField } from '../../records/field-catalog.ts'
import type { FieldDefinition } from '../../records/field-catalog.ts'
import { ALWAYS, choice, pattern, RARE } from '../../records/field-specs.ts'
import { generatedValue } from '../../records/field-values.ts'
import { textSetFor } from '../../records/simulated-record.ts'
import type { Listing } from './listing.ts'

const CITIES = ['Ardmoor', 'Björkö', 'Cañon Alto', 'Dunmere', 'Eastvale', 'Fünfkirchen', 'Greyford', 'Hollin']
const STREETS = ['Alder', 'Birch', 'Château', 'Dogwood', 'Elm', 'Fír', 'Juniper', 'Linden', 'Maple', 'Peña']

const number = defineField(pattern('StreetNumber', '1###', ALWAYS))
const direction = defineField(choice('StreetDirPrefix', ['N', 'S', 'E', 'W'], RARE))
const street = defineField(choice('StreetName', STREETS, ALWAYS))
const suffix = defineField(choice('StreetSuffix', ['Ave', 'Blvd', 'Ct', 'Dr', 'St']))
const unit = defineField(pattern('UnitNumber', '#', RARE))
const city = defineField(choice('City', CITIES, ALWAYS))
const state = defineField(choice('StateOrProvince', ['ND', 'MN', 'SD'], ALWAYS))
const postalCode = defineField(pattern('PostalCode', '58###', ALWAYS))

/** The parts that the address is put together of. */
export const ADDRESS_PARTS: readonly FieldDefinition[] = [
  number,
  street,
  suffix,
  direction,
  unit,
  city,
  state,
  postalCode,
]

/** Values by field id. */
export const ADDRESS_FACTS: RecordFields<Listing>['facts'] = {
  UnparsedAddress: (listing) =>
    joined([firstLine(listing), part(listing, city), line(listing, state, postalCode)], ', '),
  UnparsedFirstLineAddress: firstLine,
  PostalCity: (listing) => part(listing, city),
  StreetNumberInteger: (listing) => Number.parseInt(part(listing, number), 10) || null,
}

/** `1204 N Elm St, Unit 3` */
function firstLine(listing: Listing): string {
  const door = part(listing, unit)
  return joined([line(listing, number, direction, street, suffix), door === '' ? '' : `Unit ${door}`], ', ')
}

function line(listing: Listing, ...fields: readonly FieldDefinition[]): string {
  return joined(
    fields.map((field) => part(listing, field)),
    ' ',
  )
}

function joined(texts: readonly string[], separator: string): string {
  return texts.filter((text) => text !== '').join(separator)
}

/** Empty if there is none. */
function part(listing: Listing, field: FieldDefinition): string {
  const value = textSetFor(listing, field.id) ?? generatedValue(field, listing.seed, listing.createdAt)
  return typeof value === 'string' ? value : ''
}
