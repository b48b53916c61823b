import { hash32, pick } from '../../../prng.ts'
import type { PartKind } from './part-kind.ts'
import { PRIVACIES, ROOM_TAGS } from './part-metadata.ts'
import { partHash, partId, partText, partUri } from './part-values.ts'

const WIDTHS = [640, 800, 1024, 1280, 1600, 2048]

/** docs/spark-api.md §4.5 */
export const PHOTOS: PartKind = {
  name: 'photos',
  expansion: 'Photos',
  at: 'fields',
  isOfOne: false,
  stamp: 'photosAt',
  first: ({ seed }) => hash32(seed, 8) % 40,
  attributes(listing, part, position) {
    const id = partId(listing, part)
    const file = `https://photos.example.org/sim/${id}`
    const isTagged = hash32(listing.seed, part.number) % 4 === 0
    return {
      Id: id,
      ResourceUri: partUri(listing, 'photos', id),
      Name: `Photo ${part.number}`,
      Caption: part.edition === 0 && partHash(listing, part, 21) % 3 === 0 ? '' : partText(listing, part, 22),
      Primary: position === 0,
      Privacy: pick(PRIVACIES, hash32(listing.seed, 24)),
      Tags: isTagged ? [`Room.${pick(ROOM_TAGS, part.number)}`] : [],
      UriThumb: `${file}-t.jpg`,
      Uri300: `${file}.jpg`,
      ...Object.fromEntries(WIDTHS.map((width) => [`Uri${width}`, `${file}-${width}.jpg`])),
      UriLarge: `${file}-o.jpg`,
    }
  },
}
