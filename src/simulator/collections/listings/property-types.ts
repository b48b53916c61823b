import { hash32, pick } from '../../prng.ts'
import type { RecordFields } from '../../records/collection-definition.ts'
import { textSetFor } from '../../records/simulated-record.ts'
import type { Listing } from './listing.ts'

interface PropertyType {
  /** The MLS's letter: the value of PropertyType (docs/spark-api.md §4.4). */
  readonly code: string
  /** The value of PropertyClass. */
  readonly name: string
  readonly subTypes: readonly string[]
}

export const PROPERTY_TYPES: readonly PropertyType[] = [
  {
    code: 'A',
    name: 'Residential',
    subTypes: ['Single Family', 'Condo', 'Townhouse', 'Mobile/Manufactured'],
  },
  { code: 'B', name: 'Land', subTypes: ['Acreage', 'Lot'] },
  { code: 'C', name: 'Multi-Family', subTypes: ['Duplex', 'Fourplex', 'Apartments (5+)'] },
  { code: 'D', name: 'Commercial', subTypes: ['Office', 'Retail', 'Warehouse'] },
  { code: 'E', name: 'Farm', subTypes: ['Crop', 'Ranch'] },
]

const TYPE_SALT = 14
const SUB_TYPE_SALT = 15

/** Values by field id: one follows from the other. */
export const PROPERTY_TYPE_FACTS: RecordFields<Listing>['facts'] = {
  PropertyType: (listing) => typeOf(listing)?.code ?? null,
  PropertyTypeLabel: (listing) => typeOf(listing)?.name ?? null,
  PropertyClass: (listing) => typeOf(listing)?.name ?? null,
  PropertySubType: (listing) => {
    const type = typeOf(listing)
    return type === undefined ? null : pick(type.subTypes, hash32(listing.seed, SUB_TYPE_SALT))
  },
}

/** Undefined for a type that was set from outside and is none. */
function typeOf(listing: Listing): PropertyType | undefined {
  const code = textSetFor(listing, 'PropertyType')
  if (code === undefined) return pick(PROPERTY_TYPES, hash32(listing.seed, TYPE_SALT))
  return PROPERTY_TYPES.find((type) => type.code === code)
}
