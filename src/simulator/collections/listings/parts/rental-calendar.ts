import { hash32, pick } from '../../../prng.ts'
import { dateText } from '../../../time-text.ts'
import type { PartKind } from './part-kind.ts'
import { partHash, partId } from './part-values.ts'

const DAY_MS = 86_400_000

/** Times for which a house is let; beside the standard fields (docs/spark-api.md §4.1). */
export const RENTAL_CALENDAR: PartKind = {
  name: 'rentalcalendar',
  expansion: 'RentalCalendar',
  at: 'top',
  isOfOne: false,
  stamp: null,
  first: ({ seed }) => (hash32(seed, 81) % 10 === 0 ? 1 + (hash32(seed, 82) % 3) : 0),
  attributes(listing, part) {
    const hash = partHash(listing, part, 83)
    const start = listing.createdAt + (part.number * 30 + (hash % 14)) * DAY_MS
    return {
      Id: partId(listing, part),
      StartDate: dateText(start),
      EndDate: dateText(start + (1 + (hash % 10)) * DAY_MS),
      Type: pick(['Rented', 'Pending', 'Blocked'], hash >>> 8),
    }
  },
}
