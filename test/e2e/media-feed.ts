import type { LoggedRequest } from '../../src/simulator/request-log.ts'
import { restoredRecords } from '../fixtures/restored-record.ts'
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

/** What the topic of a set says now, and what the source does: they have to be equal. */
export function setsOnBothSides(feed: LiveFeed, part: string, events: readonly TopicEvent[]) {
  const told = [...restoredRecords(events, CONTENT[part] ?? '')].map(
    ([key, members]) => [key, Object.values(members)[0]] as const,
  )
  return [withoutEmpty(told), truth(feed, part)] as const
}

/** The parts of each listing that has some, without their own addresses. */
function truth(feed: LiveFeed, part: string): ReadonlyMap<string, unknown> {
  const sets = feed.simulator.listings.sublistTruth(part) ?? []
  const plain = [...sets].map(
    ([key, rows]) =>
      [
        key,
        rows.map((row) => {
          const { ResourceUri: _, ...rest } = row
          return Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== null))
        }),
      ] as const,
  )
  return withoutEmpty(plain)
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
