// For subscribers whose own settings have no `AsyncDisposable`.
/// <reference lib="esnext.disposable" preserve="true" />

/**
 * What the package exports to subscribers. The types of the events are those that a reader has (`tail --json`), for any
 * source. A change here is a change of the contract with subscribers. The types of one source are printed by
 * `listingstream schema types`, and can be assigned to these.
 */
import type {
  AccountDeleted,
  AccountUpserted,
  ContactDeleted,
  ContactUpserted,
  ListingDeleted,
  ListingDocumentsReplaced,
  ListingFloorPlansReplaced,
  ListingOpenHousesReplaced,
  ListingPhotosReplaced,
  ListingRoomsReplaced,
  ListingUnitsReplaced,
  ListingUpserted,
  ListingVideosReplaced,
  ListingVirtualToursReplaced,
  OpenHouseDeleted,
  OpenHouseUpserted,
} from '../schemas/event-types.d.ts'
import { consumeOf, handleOf, type Consume, type Handle } from './consumer/sdk/of-resource.ts'
import { ACCOUNTS } from './resources/accounts.ts'
import { CONTACTS } from './resources/contacts.ts'
import { LISTING_SETS } from './resources/listing-sets.ts'
import { LISTINGS } from './resources/listings.ts'
import { OPEN_HOUSES } from './resources/openhouses.ts'

export type * from '../schemas/event-types.d.ts'
export type {
  CaughtUp,
  Change,
  ChangeOrCaughtUp,
  ChangePlace,
  Deleted,
  Upserted,
} from './consumer/sdk/change.ts'
export type { Changes } from './consumer/sdk/consume.ts'
export type { ConsumerOptions, FailureChoice, HandlerOptions } from './consumer/sdk/consumer-options.ts'
export type { ChangeHandler, HandlerContext } from './consumer/sdk/handle.ts'
export type { Consume, Handle } from './consumer/sdk/of-resource.ts'
export type { OnTrouble, Trouble } from './consumer/sdk/trouble.ts'
export { ListingstreamError } from './support/errors.ts'
export {
  memoryPrevious,
  type PreviousEntry,
  type PreviousStore,
} from './consumer/sdk/previous/previous-store.ts'
export { sqlitePrevious } from './consumer/sdk/previous/sqlite-previous.ts'
export {
  withPrevious,
  type ChangeWithPrevious,
  type DeletedWithPrevious,
  type UpsertedWithPrevious,
} from './consumer/sdk/previous/with-previous.ts'

/**
 * The changes of listings as they come. A change is acknowledged when the next one is asked for: leave the loop by `break` or an
 * error, and the last one comes again. It ends when `signal` aborts. The functions below do the same for what their names say.
 */
export const consumeListings: Consume<ListingUpserted, ListingDeleted> = consumeOf(LISTINGS)
/**
 * The same for a handler: in order by key, several keys at a time, tried again with waits; a change is acknowledged when the
 * handler's promise resolves. Resolves when `signal` aborts, once what ran has ended. Likewise the functions below.
 */
export const handleListings: Handle<ListingUpserted, ListingDeleted> = handleOf(LISTINGS)

/** Members, offices and companies. */
export const consumeAccounts: Consume<AccountUpserted, AccountDeleted> = consumeOf(ACCOUNTS)
export const handleAccounts: Handle<AccountUpserted, AccountDeleted> = handleOf(ACCOUNTS)

export const consumeOpenHouses: Consume<OpenHouseUpserted, OpenHouseDeleted> = consumeOf(OPEN_HOUSES)
export const handleOpenHouses: Handle<OpenHouseUpserted, OpenHouseDeleted> = handleOf(OPEN_HOUSES)

/** Those of the key's user. */
export const consumeContacts: Consume<ContactUpserted, ContactDeleted> = consumeOf(CONTACTS)
export const handleContacts: Handle<ContactUpserted, ContactDeleted> = handleOf(CONTACTS)

// Sets of a listing's parts, each whole. That a set is gone is told by a tombstone alone.

const [PHOTOS, VIDEOS, DOCUMENTS, VIRTUAL_TOURS, SETS_OF_OPEN_HOUSES, ROOMS, UNITS, FLOOR_PLANS] =
  LISTING_SETS

export const consumeListingPhotos: Consume<ListingPhotosReplaced, never> = consumeOf(PHOTOS)
export const handleListingPhotos: Handle<ListingPhotosReplaced, never> = handleOf(PHOTOS)
export const consumeListingVideos: Consume<ListingVideosReplaced, never> = consumeOf(VIDEOS)
export const handleListingVideos: Handle<ListingVideosReplaced, never> = handleOf(VIDEOS)
export const consumeListingDocuments: Consume<ListingDocumentsReplaced, never> = consumeOf(DOCUMENTS)
export const handleListingDocuments: Handle<ListingDocumentsReplaced, never> = handleOf(DOCUMENTS)
export const consumeListingVirtualTours: Consume<ListingVirtualToursReplaced, never> =
  consumeOf(VIRTUAL_TOURS)
export const handleListingVirtualTours: Handle<ListingVirtualToursReplaced, never> = handleOf(VIRTUAL_TOURS)
export const consumeListingOpenHouses: Consume<ListingOpenHousesReplaced, never> =
  consumeOf(SETS_OF_OPEN_HOUSES)
export const handleListingOpenHouses: Handle<ListingOpenHousesReplaced, never> = handleOf(SETS_OF_OPEN_HOUSES)
export const consumeListingRooms: Consume<ListingRoomsReplaced, never> = consumeOf(ROOMS)
export const handleListingRooms: Handle<ListingRoomsReplaced, never> = handleOf(ROOMS)
export const consumeListingUnits: Consume<ListingUnitsReplaced, never> = consumeOf(UNITS)
export const handleListingUnits: Handle<ListingUnitsReplaced, never> = handleOf(UNITS)
export const consumeListingFloorPlans: Consume<ListingFloorPlansReplaced, never> = consumeOf(FLOOR_PLANS)
export const handleListingFloorPlans: Handle<ListingFloorPlansReplaced, never> = handleOf(FLOOR_PLANS)
