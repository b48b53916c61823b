import { hash32 } from '../../../prng.ts'
import { dateText } from '../../../time-text.ts'
import type { PartKind } from './part-kind.ts'
import { partHash, partId, partText, partUri } from './part-values.ts'

const DAY_MS = 86_400_000

/** Tours of brokers: as open houses, without the newer attributes. */
export const TOUR_OF_HOMES: PartKind = {
  name: 'tourofhomes',
  expansion: 'TourOfHomes',
  at: 'fields',
  isOfOne: false,
  stamp: null,
  first: ({ seed }) => (hash32(seed, 91) % 12 === 0 ? 1 : 0),
  attributes(listing, part) {
    const id = partId(listing, part)
    const hash = partHash(listing, part, 92)
    const [year = '', month = '', day = ''] = dateText(
      listing.createdAt + (part.number * 7 + (hash % 7)) * DAY_MS,
    ).split('-')
    return {
      Id: id,
      ResourceUri: partUri(listing, 'tourofhomes', id),
      Date: `${month}/${day}/${year}`,
      StartTime: `${String(8 + (hash % 3)).padStart(2, '0')}:00-07:00`,
      EndTime: '12:00-07:00',
      Comments: partText(listing, part, 93),
      AdditionalInfo: [{ 'Hosted By': 'Ana Archer' }, { 'Tour Area': 'North-Central' }],
    }
  },
}
