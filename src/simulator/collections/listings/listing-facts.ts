import type { RecordFields, Surroundings } from '../../records/collection-definition.ts'
import { dateText, datetimeText, dayNumber } from '../../time-text.ts'
import { ADDRESS_FACTS } from './address.ts'
import { LISTING_ACCOUNT_FACTS } from './listing-accounts.ts'
import type { Listing } from './listing.ts'
import { partCount } from './parts/part-set.ts'
import { DOCUMENTS } from './parts/documents.ts'
import { openHouseCount } from './parts/open-houses.ts'
import type { PartKind } from './parts/part-kind.ts'
import { PHOTOS } from './parts/photos.ts'
import { VIDEOS } from './parts/videos.ts'
import { VIRTUAL_TOURS } from './parts/virtual-tours.ts'
import { PROPERTY_TYPE_FACTS } from './property-types.ts'

/** The fields that tell the listing's own state, by field id. */
export const LISTING_FACTS: RecordFields<Listing>['facts'] = {
  ListingKey: (l) => l.key,
  ListingId: (l) => `${l.key.slice(2, 4)}-${listingNumber(l)}`,
  ListingNumber: listingNumber,
  MlsId: (l) => l.mlsId,
  StandardStatus: (l) => l.status,
  MlsStatus: (l) => (l.status === 'Pending' ? 'Active w/Contingency' : l.status),
  ListPrice: (l) => l.price,
  OriginalListPrice: (l) => l.previousPrice ?? l.price,
  PreviousListPrice: (l) => l.previousPrice,
  ClosePrice: (l) => l.closePrice,
  CloseDate: (l) => (l.status === 'Closed' ? dateText(l.statusAt) : null),
  OnMarketDate: (l) => dateText(l.createdAt),
  ListingContractDate: (l) => dateText(l.createdAt),
  OffMarketDate: (l) => (l.status === 'Active' ? null : dateText(l.statusAt)),
  DaysOnMarket: daysOnMarket,
  CumulativeDaysOnMarket: (l, around) => daysOnMarket(l, around) + (l.seed % 30),
  ModificationTimestamp: (l) => datetimeText(l.modifiedAt),
  StatusChangeTimestamp: (l) => datetimeText(l.statusAt),
  PriceChangeTimestamp: (l) => optional(l.priceAt),
  MajorChangeTimestamp: (l) => datetimeText(Math.max(l.statusAt, l.priceAt ?? 0)),
  MajorChangeType: (l) => ((l.priceAt ?? 0) > l.statusAt ? 'Price Change' : 'Status Change'),
  OriginalEntryTimestamp: (l) => datetimeText(l.createdAt),
  PhotosChangeTimestamp: (l) => optional(l.photosAt),
  VideosChangeTimestamp: (l) => optional(l.videosAt),
  DocumentsChangeTimestamp: (l) => optional(l.documentsAt),
  FloorPlansChangeTimestamp: (l) => optional(l.plansAt),
  PhotosCount: countOf(PHOTOS),
  VideosCount: countOf(VIDEOS),
  DocumentsCount: countOf(DOCUMENTS),
  VirtualToursCount: countOf(VIRTUAL_TOURS),
  OpenHousesCount: openHouseCount,
  ...PROPERTY_TYPE_FACTS,
  ...ADDRESS_FACTS,
  ...LISTING_ACCOUNT_FACTS,
}

function countOf(kind: PartKind): (listing: Listing, around: Surroundings) => number {
  return (listing, { behaviour }) => partCount(listing, kind, behaviour)
}

/** Grows by the day while the listing is active, without any stamp. */
function daysOnMarket(listing: Listing, { today }: Surroundings): number {
  const last = listing.status === 'Active' ? today : dayNumber(listing.statusAt)
  return Math.max(0, last - dayNumber(listing.createdAt))
}

function listingNumber({ number }: Listing): number {
  return 1_000 + number
}

function optional(at: number | null): string | null {
  return at === null ? null : datetimeText(at)
}
