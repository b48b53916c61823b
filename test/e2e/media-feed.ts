import { expect } from 'vitest'

import type { LoggedRequest } from '../../src/simulator/request-log.ts'
import { plain, restoredRecords } from '../fixtures/restored-record.ts'
import type { TopicEvent } from '../fixtures/topic-events.ts'
import { LiveFeed } from './live-feed.ts'

const MEDIA = 'photos,videos,documents'

/** Name of the content in the events of each set. */
const CONTENT: Readonly<Record<string, string>> = {
  photos: 'photoSet',
  videos: 'videoSet',
  documents: 'documentSet',
  virtualtours: 'virtualTourSet',
  openhouses: 'openHouseSet',
  rooms: 'roomSet',
  units: 'unitSet',
  floorplans: 'floorPlanSet',
}

export interface MediaOptions {
  readonly listings?: number
  readonly seed: number
  readonly subresources?: string
  readonly settings?: Readonly<Record<string, string>>
}

/** Of listings whose sets are replicated with them. */
export function openMedia({
  listings = 60,
  seed,
  subresources = MEDIA,
  settings = {},
}: MediaOptions): Promise<LiveFeed> {
  return LiveFeed.open({
    simulator: { listings, seed },
    settings: { PAGE_LIMIT: '20', SUBRESOURCES: subresources, ...settings },
  })
}

/** The last values of the topic of a set are what the source says now. */
export async function expectSameSets(feed: LiveFeed, part: string): Promise<void> {
  const events = await feed.read(`listing-${part}`)
  const told = [...restoredRecords(events, CONTENT[part] ?? '')].map(
    ([key, members]) => [key, Object.values(members)[0]] as const,
  )
  expect(withoutEmpty(told)).toEqual(truth(feed, part))
}

/** The parts of each listing that has some, without their own addresses. */
function truth(feed: LiveFeed, part: string): ReadonlyMap<string, unknown> {
  const sets = feed.simulator.listings.sublistTruth(part) ?? []
  const shown = [...sets].map(([key, rows]) => {
    const parts = rows.map((row) => plain({ ...row, ResourceUri: null }))
    return [key, parts] as const
  })
  return withoutEmpty(shown)
}

/** A set that is empty may be in the topic or not: a listing that never had a part has no record there. */
function withoutEmpty(sets: readonly (readonly [string, unknown])[]): ReadonlyMap<string, unknown> {
  return new Map(
    sets
      .filter(([, parts]) => Array.isArray(parts) && parts.length > 0)
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  )
}

/** Events of `after` that were not there in `before`. */
export function since(before: readonly TopicEvent[], after: readonly TopicEvent[]): readonly TopicEvent[] {
  const known = new Set(before.map(({ eventId }) => eventId))
  return after.filter(({ eventId }) => !known.has(eventId))
}

/** Requests that asked for sets of listings, by path or by expansion. */
export function setRequests(requests: readonly LoggedRequest[], part = '[a-z]+'): readonly LoggedRequest[] {
  const single = new RegExp(`^/v1/listings/\\d+/${part}(?:\\?|$)`)
  return requests.filter(({ url }) => single.test(url) || url.includes('_expand='))
}
