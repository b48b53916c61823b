import { describe, expectTypeOf, test } from 'vitest'

import type {
  InstantText,
  Listing,
  ListingDeleted,
  ListingEvent,
  ListingUpserted,
  PassMarker,
  StandardFields,
} from '../src/index.ts'

/** As `listingstream schema types` prints it for one source. */
type LiveFields = { readonly ListPrice: number | null; readonly Cooling: readonly string[] | null }
type Live = Omit<ListingUpserted, 'listing'> & {
  readonly listing: (Omit<Listing, 'standardFields'> & { readonly standardFields: LiveFields | null }) | null
}

// Their failures are tsc's (npm run check).
describe('what the package exports', () => {
  test('the types of one source can be assigned to those of any', () => {
    expectTypeOf<Live>().toExtend<ListingUpserted>()
    expectTypeOf<ListingUpserted>().not.toExtend<Live>()
    expectTypeOf<LiveFields>().toExtend<StandardFields>()
  })

  test('the two events of the topic are told apart by their members', () => {
    expectTypeOf<Extract<ListingEvent, { readonly deletedAt: unknown }>>().toEqualTypeOf<ListingDeleted>()
    expectTypeOf<Extract<ListingEvent, { readonly listing: unknown }>>().toEqualTypeOf<ListingUpserted>()
    expectTypeOf<ListingEvent['listingKey']>().toEqualTypeOf<string>()
  })

  test('instants are text, and what a writer may not have known is nullable', () => {
    expectTypeOf<ListingUpserted['observedAt']>().toEqualTypeOf<InstantText | null>()
    expectTypeOf<PassMarker['initial']>().toEqualTypeOf<boolean | null>()
  })
})
