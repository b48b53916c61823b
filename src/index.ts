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
  ListingUpserted,
  OpenHouseDeleted,
  OpenHouseUpserted,
} from '../schemas/event-types.d.ts'
import { consumeOf, handleOf, type Consume, type Handle } from './consumer/sdk/of-resource.ts'
import { ACCOUNTS } from './resources/accounts.ts'
import { CONTACTS } from './resources/contacts.ts'
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

export const consumeListings: Consume<ListingUpserted, ListingDeleted> = consumeOf(LISTINGS)
export const handleListings: Handle<ListingUpserted, ListingDeleted> = handleOf(LISTINGS)
export const consumeAccounts: Consume<AccountUpserted, AccountDeleted> = consumeOf(ACCOUNTS)
export const handleAccounts: Handle<AccountUpserted, AccountDeleted> = handleOf(ACCOUNTS)
export const consumeOpenHouses: Consume<OpenHouseUpserted, OpenHouseDeleted> = consumeOf(OPEN_HOUSES)
export const handleOpenHouses: Handle<OpenHouseUpserted, OpenHouseDeleted> = handleOf(OPEN_HOUSES)
export const consumeContacts: Consume<ContactUpserted, ContactDeleted> = consumeOf(CONTACTS)
export const handleContacts: Handle<ContactUpserted, ContactDeleted> = handleOf(CONTACTS)
