import { defineCollection } from '../records/define-collection.ts'
import type { RecordCommand } from '../records/record-command.ts'
import type { SimulatedCollection } from '../records/simulated-collection.ts'
import { CUSTOM_FIELDS } from './listings/custom-fields.ts'
import { LISTING_CHANGES } from './listings/listing-changes.ts'
import type { ListingAction } from './listings/listing-changes.ts'
import { LISTING_FACTS } from './listings/listing-facts.ts'
import { generatedListing } from './listings/listing.ts'
import type { Listing } from './listings/listing.ts'
import type { MediaCommand } from './listings/media-change.ts'
import { LISTING_SUBLISTS } from './listings/parts/listed-sets.ts'
import { LISTING_EXPANSIONS } from './listings/parts/listing-expansions.ts'
import { standardFields } from './listings/standard-fields.ts'

export type ListingCommand = RecordCommand<ListingAction> | MediaCommand
export type SimulatedListings = SimulatedCollection<Listing, ListingAction, MediaCommand>

export default defineCollection<Listing, ListingAction, MediaCommand>({
  name: 'listings',
  path: '/v1/listings',
  maxLimit: 1000,
  stamp: 'ModificationTimestamp',
  size: (listings) => listings,
  generate: generatedListing,
  endsAt: null,
  fields: {
    at: 'StandardFields',
    named: standardFields,
    custom: CUSTOM_FIELDS,
    facts: LISTING_FACTS,
    expansions: LISTING_EXPANSIONS,
    extras: (alone) => [
      ['LastCachedTimestamp', 'null'],
      ['DisplayCompliance', displayCompliance(alone)],
    ],
  },
  sublists: LISTING_SUBLISTS,
  changes: LISTING_CHANGES,
  usual: {
    everyTicks: 1,
    shares: [
      ['prices', 9],
      ['status', 3],
      ['new', 3],
      ['touch', 2],
      ['media', 1],
      ['remove', 1],
      ['leave', 1],
      ['return', 1],
    ],
  },
})

/** It differs by the way of asking (docs/spark-api.md §4.1). */
function displayCompliance(alone: boolean): string {
  return JSON.stringify({
    View: alone ? 'Detail' : 'Summary',
    IDXLogo: { LogoUri: 'http://logos.example/idx.png', Type: 'Uri' },
    IDXLogoSmall: { LogoUri: 'IDX', Type: 'Text' },
  })
}
