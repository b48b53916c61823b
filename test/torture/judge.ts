/** Looks into a run's feed: for the checker at its end, and for scenarios that expect something on the way. */
import type { Arena } from './arena.ts'
import { checkHistories } from './checker.ts'
import { compareContent } from './compare-content.ts'
import type { FeedDump, Finding, Truth } from './findings.ts'
import { readFeed } from './read-feed.ts'

export function readArena({ cluster, prefix, signal }: Arena): Promise<FeedDump> {
  const address = { brokers: cluster.directBrokers, registryUrl: cluster.directRegistryUrl, prefix }
  return readFeed(address, signal)
}

export function truthOf(arena: Arena): Truth {
  const { simulator, market, clockSlackMs, unreadable, hadUnreadable } = arena
  return {
    listings: simulator.truth().listings,
    hidden: market.hidden,
    clockSlackMs,
    stampsBack: market.stampsBack,
    unreadable,
    hadUnreadable,
    clockToleranceMs: Math.min(arena.overlapMs / 20, 60_000),
  }
}

/** What the feed says of these keys now, against what the source shows. `who` should have brought it. */
export async function staleKeys(
  arena: Arena,
  keys: readonly string[],
  who: string,
): Promise<readonly Finding[]> {
  const { listings } = await readArena(arena)
  const source = truthOf(arena).listings
  const last = new Map(listings.map((record) => [record.key, record.value]))
  return keys.flatMap((key): Finding[] => {
    const value = last.get(key)
    const shown = source.get(key)
    if (shown === undefined) return []
    const difference =
      value?.name === 'ListingUpserted' ? compareContent(shown, value).next().value : 'not live'
    return difference === undefined ? [] : [{ column: 'lost', what: `${key}: ${who}: ${difference}` }]
  })
}

/** The part of the check that needs no end: a feed that is left behind. */
export async function checkSoFar(arena: Arena): Promise<readonly Finding[]> {
  const { listings } = await readArena(arena)
  return [...checkHistories(listings, truthOf(arena))]
}
