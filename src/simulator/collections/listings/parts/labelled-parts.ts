/** Rooms and units: texts or null under the labels of the MLS, or under its names (docs/spark-api.md §4.7). */
import type { Subrow } from '../../../api/subrows.ts'
import { hash32, pick } from '../../../prng.ts'
import type { Listing } from '../listing.ts'
import { ROOM_FIELDS, UNIT_FIELDS } from './labelled-fields.ts'
import type { LabelledField, LabelledFields } from './labelled-fields.ts'
import type { PartKind } from './part-kind.ts'
import { partHash, partId, partText, partUri } from './part-values.ts'
import type { Part } from './part.ts'

export const ROOMS = labelledParts('rooms', 'Rooms', ROOM_FIELDS, ({ seed }) => hash32(seed, 17) % 8)

/** Most listings have none. */
export const UNITS = labelledParts('units', 'Units', UNIT_FIELDS, ({ seed }) =>
  hash32(seed, 18) % 5 === 0 ? 1 + (hash32(seed, 19) % 4) : 0,
)

function labelledParts(
  name: 'rooms' | 'units',
  expansion: string,
  fields: LabelledFields,
  first: PartKind['first'],
): PartKind {
  const rowOf = (listing: Listing, part: Part, isRaw: boolean): Subrow => {
    const id = partId(listing, part)
    const Fields = Object.entries(fields).map(([own, field], i) => ({
      [isRaw ? own : field.label]: valueOf(listing, part, field, 60 + i),
    }))
    return { Id: id, ResourceUri: partUri(listing, name, id), Fields }
  }
  return {
    name,
    expansion,
    at: 'fields',
    isOfOne: false,
    stamp: null,
    first,
    attributes: (listing, part) => rowOf(listing, part, false),
    raw: (listing, part) => rowOf(listing, part, true),
  }
}

function valueOf(
  listing: Listing,
  part: Part,
  { type, options }: LabelledField,
  salt: number,
): string | null {
  const hash = partHash(listing, part, salt)
  // No edit leaves all as it was: a text without a list is always there.
  if (type === 'Character' && options.length === 0) return partText(listing, part, salt)
  if (hash % 5 === 0) return null
  if (type === 'Character') return pick(options, hash >>> 4)
  return type === 'Integer' ? String(1 + (hash % 5)) : String((hash % 9_000) / 10)
}
