import type { OwnChange } from '../../records/collection-definition.ts'
import { isInView, overrideField } from '../../records/simulated-record.ts'
import type { Listing } from './listing.ts'
import { MEDIA_CHANGE } from './media-change.ts'

/** What can happen to a listing beside what can happen to any record. */
export type ListingAction = 'prices' | 'status' | 'media' | 'bulk-edit'

export const LISTING_CHANGES: readonly OwnChange<Listing, ListingAction>[] = [
  {
    /** New ListPrice. */
    action: 'prices',
    applies: isOpen,
    isOfAll: false,
    draw:
      ({ prng, stamp }) =>
      (listing) => {
        const factor = prng.next() * 0.1
        const isDown = prng.next() < 0.7
        return () => reprice(listing, factor, isDown, stamp)
      },
  },
  {
    /** Active to Pending, Pending to Closed. */
    action: 'status',
    applies: isOpen,
    isOfAll: false,
    draw:
      ({ stamp }) =>
      (listing) =>
      () =>
        nextStatus(listing, stamp),
  },
  MEDIA_CHANGE,
  {
    /** A new Disclaimer. */
    action: 'bulk-edit',
    applies: isInView,
    isOfAll: true,
    draw({ prng, stamp, field }) {
      const disclaimer = field('Disclaimer')
      const text = `Information as of ${new Date(stamp).toISOString()}, № ${prng.below(1e6)}.`
      return (listing) => () => overrideField(listing, disclaimer, text)
    },
  },
]

function isOpen(listing: Listing): boolean {
  return isInView(listing) && listing.status !== 'Closed'
}

function reprice(listing: Listing, factor: number, isDown: boolean, stamp: number): void {
  const step = Math.max(100, Math.round((listing.price * factor) / 100) * 100)
  listing.previousPrice = listing.price
  listing.price += isDown && listing.price > step ? -step : step
  listing.priceAt = stamp
}

function nextStatus(listing: Listing, stamp: number): void {
  listing.status = listing.status === 'Active' ? 'Pending' : 'Closed'
  listing.statusAt = stamp
  if (listing.status === 'Closed') listing.closePrice = Math.round(listing.price * 0.97)
}
