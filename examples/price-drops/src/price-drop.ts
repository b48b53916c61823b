import type { ChangeWithPrevious, ListingDeleted, ListingUpserted } from 'listingstream'

export interface PriceDrop {
  /** The same for one drop, however often it is told. */
  readonly id: string
  readonly listing: string
  readonly city: string | null
  readonly from: number
  readonly to: number
  readonly percent: number
  /** When the source was seen to say so. */
  readonly at: string
}

/** Null for any other change, and for a drop of less than so many percent. */
export function priceDrop(
  change: ChangeWithPrevious<ListingUpserted, ListingDeleted>,
  minPercent: number,
): PriceDrop | null {
  if (change.type !== 'upserted' || !change.changedFields.includes('standardFields.ListPrice')) return null
  const [from, to] = [priceOf(change.before), priceOf(change.event)]
  // New, masked, or without a price.
  if (from === null || to === null || to >= from) return null
  const percent = Math.round((1 - to / from) * 1000) / 10
  if (percent < minPercent) return null
  const city = fieldOf(change.event, 'City')
  return {
    id: change.id,
    listing: change.key,
    city: typeof city === 'string' ? city : null,
    from,
    to,
    percent,
    at: change.observedAt,
  }
}

function priceOf(event: ListingUpserted | null): number | null {
  const price = fieldOf(event, 'ListPrice')
  return typeof price === 'number' && price > 0 ? price : null
}

function fieldOf(event: ListingUpserted | null, name: string): unknown {
  return event?.listing?.standardFields?.[name]
}
