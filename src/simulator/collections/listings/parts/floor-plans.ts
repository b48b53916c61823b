import type { JsonObject } from '../../../../domain/json.ts'
import type { Surroundings } from '../../../records/collection-definition.ts'
import { hash32 } from '../../../prng.ts'
import type { Listing } from '../listing.ts'
import type { PartKind } from './part-kind.ts'
import { partId, partText, partUri } from './part-values.ts'
import type { Part } from './part.ts'

const EXPIRY_MS = 15 * 60_000

/** Of one source, under short numbers, and for a single listing alone (docs/spark-api.md §1.2, §2.5). */
export const FLO_PLANS: PartKind = {
  name: 'floplans',
  expansion: 'FloPlans',
  at: 'fields',
  isOfOne: true,
  stamp: 'plansAt',
  first: ({ seed }) => (hash32(seed, 71) % 8 === 0 ? 1 : 0),
  attributes: (listing, part, _, around) => {
    const id = listing.number * 100 + part.number
    return { Id: id, ResourceUri: partUri(listing, 'floplans', id), ...planOf(listing, part, around) }
  },
}

/** Of any source. */
export const FLOOR_PLANS: PartKind = {
  name: 'floorplans',
  expansion: 'FloorPlans',
  at: 'fields',
  isOfOne: false,
  stamp: 'plansAt',
  first: ({ seed }) => (hash32(seed, 72) % 4 === 0 ? 1 + (hash32(seed, 73) % 2) : 0),
  attributes: (listing, part, _, around) => {
    const id = partId(listing, part)
    return { Id: id, ResourceUri: partUri(listing, 'floorplans', id), ...planOf(listing, part, around) }
  },
}

function planOf(listing: Listing, part: Part, { behaviour, now }: Surroundings): JsonObject {
  const file = `https://plans.example.org/${listing.key}/${part.number}-${part.edition}`
  const expires = now - (now % EXPIRY_MS) + EXPIRY_MS
  const query = behaviour.planAddresses === 'expiring' ? `?expires=${expires / 1000}` : ''
  return {
    Name: partText(listing, part, 74),
    Images: [
      { Uri: `${file}.png${query}`, Type: 'all_in_one_png' },
      { Uri: `${file}-t.png${query}`, Type: 'all_in_one_thumbnail_png' },
    ],
  }
}
