import { hash32, pick } from '../../../prng.ts'
import type { PartKind } from './part-kind.ts'
import { PRIVACIES, TYPES } from './part-metadata.ts'
import { partId, partText, partUri } from './part-values.ts'

/** docs/spark-api.md §4.5: without a stamp. */
export const VIRTUAL_TOURS: PartKind = {
  name: 'virtualtours',
  expansion: 'VirtualTours',
  at: 'fields',
  isOfOne: false,
  stamp: null,
  first: ({ seed }) => hash32(seed, 16) % 3,
  attributes(listing, part) {
    const id = partId(listing, part)
    return {
      Id: id,
      GroupId: part.number === 1 ? null : partId(listing, { number: 1, edition: 0 }),
      ResourceUri: partUri(listing, 'virtualtours', id),
      Name: partText(listing, part, 51),
      Uri: `https://tours.example.org/${id}?from=sim&edition=${part.edition}`,
      Type: pick(TYPES, part.number),
      Privacy: pick(PRIVACIES, part.number),
    }
  },
}
