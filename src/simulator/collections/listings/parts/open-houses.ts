import type { JsonValue } from '../../../../domain/json.ts'
import type { Subrow, Subrows } from '../../../api/subrows.ts'
import type { OwnedRecord, Surroundings } from '../../../records/collection-definition.ts'
import type { Listing } from '../listing.ts'
import { partUri } from './part-values.ts'

/** What `/v1/openhouses` shows beside what the listing's own service does (docs/spark-api.md §4.6). */
const OF_THE_COLLECTION = new Set(['ListingKey', 'ModificationTimestamp', 'AdditionalInfo'])

/** The coming ones, or all (docs/spark-api.md §1.3). */
export function openHouseRows(listing: Listing, around: Surroundings, which: 'coming' | 'all'): Subrows {
  return around
    .ownedBy('openhouses', listing.key)
    .filter(({ isOver }) => which === 'all' || !isOver)
    .map((openHouse) => rowOf(listing, openHouse))
}

/** Of all: time that passes moves no field of a listing. */
export function openHouseCount(listing: Listing, around: Surroundings): number {
  return around.ownedBy('openhouses', listing.key).length
}

function rowOf(listing: Listing, { key, values }: OwnedRecord): Subrow {
  const own = values().filter(([name]) => !OF_THE_COLLECTION.has(name))
  const fields: Readonly<Record<string, JsonValue>> = Object.fromEntries(own)
  return { Id: key, ResourceUri: partUri(listing, 'openhouses', key), ...fields }
}
