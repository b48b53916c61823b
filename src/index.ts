/**
 * What the package exports to subscribers. The types of the events are those that a reader has (`tail --json`), for any
 * source. A change here is a change of the contract with subscribers. The types of one source are printed by
 * `listingstream schema types`, and can be assigned to these.
 */
export type * from '../schemas/event-types.d.ts'
export type {
  CaughtUp,
  Change,
  ChangeOrCaughtUp,
  ChangePlace,
  Deleted,
  Upserted,
} from './consumer/sdk/change.ts'
