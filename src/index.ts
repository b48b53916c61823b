/**
 * What the package exports: the types of the events as a reader has them (`tail --json`), for any source. A change here is
 * a change of the contract with subscribers. The types of one source are printed by `listingstream schema types`, and can
 * be assigned to these.
 */
export type * from '../schemas/event-types.d.ts'
