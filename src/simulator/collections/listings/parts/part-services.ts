import { ApiFailure } from '../../../api/envelope.ts'
import { fitsPath } from '../../../api/service-path.ts'
import { subrowsText } from '../../../api/subrows.ts'
import type { Subrows } from '../../../api/subrows.ts'
import type { Expansion, Sublist, Surroundings } from '../../../records/collection-definition.ts'
import type { Listing } from '../listing.ts'
import type { PartKind } from './part-kind.ts'
import { PART_KINDS } from './part-kinds.ts'
import { shownParts } from './part-set.ts'

/** The sets of a listing by paths below its own. */
export const PART_SUBLISTS: readonly Sublist<Listing>[] = PART_KINDS.map((kind) => ({
  path: kind.name,
  rows: (listing, around) => rowsOf(listing, kind, around),
}))

/** The sets of a listing by `_expand`. */
export const PART_EXPANSIONS: readonly Expansion<Listing>[] = PART_KINDS.map((kind) => ({
  name: kind.expansion,
  member: kind.expansion,
  at: kind.at,
  isOfOne: kind.isOfOne,
  isGranted: ({ forbiddenServices }) =>
    !Object.keys(forbiddenServices).some((service) => fitsPath(service, `/v1/listings/{Id}/${kind.name}`)),
  text: (listing, around, order) => subrowsText(rowsOf(listing, kind, around), order),
}))

function rowsOf(listing: Listing, kind: PartKind, { behaviour }: Surroundings): Subrows {
  if (behaviour.brokenParts[listing.key]?.includes(kind.name) === true) {
    throw new ApiFailure(500, 1026, 'Internal error')
  }
  return shownParts(listing, kind).map((part, position) => kind.attributes(listing, part, position))
}
