import type { Behaviour } from '../../../behaviour.ts'
import { hash32, pick } from '../../../prng.ts'
import type { Listing } from '../listing.ts'
import type { PartKind } from './part-kind.ts'
import { OFF_MARKET_STATUSES, PRIVACIES, TYPES } from './part-metadata.ts'
import { partHash, partId, partText, partUri } from './part-values.ts'
import type { Part } from './part.ts'

/** docs/spark-api.md §4.5 */
export const VIDEOS: PartKind = {
  name: 'videos',
  expansion: 'Videos',
  at: 'fields',
  isOfOne: false,
  stamp: 'videosAt',
  // Where there is a stamp and no video, all were removed.
  first: ({ seed }) => (hash32(seed, 10) % 6 === 0 ? hash32(seed, 14) % 4 : 0),
  isHidden: (listing, part, { automaticPrivacy }: Behaviour) =>
    automaticPrivacy === 'hides' && isOffMarket(listing) && privacyOf(listing, part) === 'Automatic',
  attributes(listing, part) {
    const id = partId(listing, part)
    const privacy = privacyOf(listing, part)
    const source = `https://videos.example.org/${id}`
    return {
      Id: id,
      GroupId: partId(listing, { number: 1 + Math.floor(part.number / 2), edition: 0 }),
      ResourceUri: partUri(listing, 'videos', id),
      Name: `Video ${part.number}`,
      Caption: partText(listing, part, 31),
      Type: pick(TYPES, part.number),
      ObjectHtml: `<iframe src="${source}?a=1&amp;b=2" width='640' allowfullscreen></iframe>`,
      Privacy: privacy,
      CurrentPrivacy: privacy === 'Automatic' ? (isOffMarket(listing) ? 'Private' : 'Public') : privacy,
    }
  },
}

function privacyOf(listing: Listing, part: Part): (typeof PRIVACIES)[number] {
  return pick(PRIVACIES, partHash(listing, { ...part, edition: 0 }, 32))
}

function isOffMarket({ status }: Listing): boolean {
  return OFF_MARKET_STATUSES.includes(status)
}
