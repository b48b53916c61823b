import { fitsPath } from '../../../api/service-path.ts'
import { subrowsText } from '../../../api/subrows.ts'
import type { Expansion } from '../../../records/collection-definition.ts'
import type { Listing } from '../listing.ts'
import { LISTED_SETS } from './listed-sets.ts'
import type { ListedSet } from './listed-sets.ts'
import { partText } from './part-values.ts'

const PERMISSIONS = JSON.stringify({
  Editable: false,
  EditableSettings: { StatusChange: false, PriceChange: false, Photos: false },
})

/** What `_expand` adds to a listing beside custom fields. */
export const LISTING_EXPANSIONS: readonly Expansion<Listing>[] = [
  ...LISTED_SETS.map((set) => setExpansion(set)),
  // Its member is that of all photos, which come if both are asked for.
  ...LISTED_SETS.filter(({ name }) => name === 'photos').map((photos) => ({
    ...setExpansion({ ...photos, rows: (listing, around) => photos.rows(listing, around).slice(0, 1) }),
    name: 'PrimaryPhoto',
  })),
  {
    name: 'Supplement',
    member: 'Supplement',
    at: 'fields',
    isOfOne: false,
    isGranted: () => true,
    text: supplement,
  },
  {
    name: 'Permissions',
    member: 'Permissions',
    at: 'top',
    isOfOne: false,
    isGranted: () => true,
    text: () => PERMISSIONS,
  },
]

function setExpansion({ name, expansion, at, isOfOne, rows }: ListedSet): Expansion<Listing> {
  return {
    name: expansion,
    member: expansion,
    at,
    isOfOne,
    isGranted: ({ forbiddenServices, hiddenExpansions }) =>
      !hiddenExpansions.includes(expansion) &&
      !Object.keys(forbiddenServices).some((service) => fitsPath(service, `/v1/listings/{Id}/${name}`)),
    text: (listing, around, order) => subrowsText(rows(listing, around), order),
  }
}

function supplement(listing: Listing): string {
  return JSON.stringify(listing.seed % 3 === 0 ? null : partText(listing, { number: 1, edition: 0 }, 95))
}
