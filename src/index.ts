/**
 * What the package exports: the types of the events as a reader has them (`tail --json`), for any source. A change here is
 * a change of the contract with subscribers. The types of one source are printed by `listingstream schema types`, and can
 * be assigned to these.
 */
import type { ListingDeleted, ListingUpserted } from '../schemas/event-types.d.ts'

export type {
  DateText,
  DeletionEvidence,
  DeletionReason,
  InstantText,
  Listing,
  ListingDeleted,
  ListingUpserted,
  PassEvent,
  PassKind,
  PassMarker,
  StandardFields,
  UpsertChange,
} from '../schemas/event-types.d.ts'

/** Value of a record of the topic `listings`; a tombstone is null. */
export type ListingEvent = ListingUpserted | ListingDeleted
