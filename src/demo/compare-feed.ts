import { z } from 'zod'

import type { Simulator } from '../simulator/simulator.ts'
import { compareListing, type Difference, type SourceField } from './compare-listing.ts'
import type { Members, UpsertedListing } from './decoded-events.ts'

/** `VOLATILE_FIELDS`, left at its default. */
const VOLATILE_FIELDS: ReadonlySet<string> = new Set(['DaysOnMarket', 'CumulativeDaysOnMarket'])

const LISTING = z.looseObject({ Id: z.string() })

export interface FeedComparison {
  /** Listings that the source shows now. */
  readonly listings: number
  readonly differences: readonly Difference[]
}

/** Every listing that the source shows now with what the topic says of it, and the other way round. */
export function compareFeed(
  simulator: Simulator,
  latest: ReadonlyMap<string, UpsertedListing>,
): FeedComparison {
  const fields = sourceFields(simulator)
  const notAtSource = new Set(latest.keys())
  const differences: Difference[] = []
  let listings = 0
  for (const line of simulator.truthLines()) {
    const source: Members & { Id: string } = LISTING.parse(JSON.parse(line))
    const event = latest.get(source.Id)
    listings += 1
    notAtSource.delete(source.Id)
    if (event === undefined) differences.push(whole(source.Id, 'at the source, but not in the topic'))
    else {
      const renderedAt = simulator.now()
      differences.push(
        ...compareListing({ source, event, fields, volatileFields: VOLATILE_FIELDS, renderedAt }),
      )
    }
  }
  for (const key of notAtSource) differences.push(whole(key, 'in the topic, but not at the source'))
  return { listings, differences }
}

function whole(key: string, problem: string): Difference {
  return { key, field: 'listing', problem }
}

function sourceFields({ listings }: Simulator): ReadonlyMap<string, SourceField> {
  const named = listings.catalog.fields.filter(({ inMetadata }) => inMetadata)
  return new Map(
    named.map(({ name, type, values }) => [name, { type, multiSelect: values.kind === 'multi' }]),
  )
}
