/** Looks into a run's feed: for the checker at its end, and for scenarios that expect something on the way. */
import type { Simulator } from '../../src/simulator/simulator.ts'
import { sleep } from '../../src/support/abort.ts'
import type { Arena } from './arena.ts'
import { checkHistories } from './check-histories.ts'
import { compareContent } from './compare-content.ts'
import { recordsOf, type FeedDump, type Finding, type Shown, type Truth } from './findings.ts'
import type { JudgedResource } from './judged-resources.ts'
import { readFeed } from './read-feed.ts'

const FILLED_WITHIN_MS = 30_000
const FILLED_POLL_MS = 300

export function readArena({ cluster, prefix, resources, signal }: Arena): Promise<FeedDump> {
  const address = { brokers: cluster.directBrokers, registryUrl: cluster.directRegistryUrl, prefix }
  return readFeed(address, resources, signal)
}

export function namesOf(resources: readonly JudgedResource[]): readonly string[] {
  return resources.map(({ name }) => name)
}

export function truthOf(arena: Arena): Truth {
  const { simulator, market, clockSlackMs, resources, unreadable, hadUnreadable } = arena
  return {
    shown: new Map(resources.map((resource) => [resource.name, shownBy(simulator, resource)])),
    hidden: market.hidden,
    clockSlackMs,
    stampsBack: market.stampsBack,
    unreadable,
    hadUnreadable,
    clockToleranceMs: Math.min(arena.overlapMs / 20, 60_000),
    guarded: arena.guard.guarded,
  }
}

function shownBy(simulator: Simulator, { name, set }: JudgedResource): Shown {
  if (set === undefined) return simulator.collection(name)?.truth() ?? new Map<string, never>()
  const rows = simulator.listings.sublistTruth(set.part) ?? []
  return new Map(Array.from(rows, ([key, parts]) => [key, { [set.expansion]: parts }]))
}

/** What the feed says of these keys now, against what the source shows. `who` should have brought it. */
export async function staleKeys(
  arena: Arena,
  resource: JudgedResource,
  keys: readonly string[],
  who: string,
): Promise<readonly Finding[]> {
  const last = new Map(recordsOf(await readArena(arena), resource).map(({ key, value }) => [key, value]))
  const source = shownBy(arena.simulator, resource)
  const column = resource.set === undefined ? 'lost' : 'wrong set'
  return keys.flatMap((key): Finding[] => {
    const value = last.get(key)
    const shown = source.get(key)
    if (shown === undefined) return []
    const difference =
      value?.name === resource.upserted ? compareContent(resource, shown, value).next().value : 'not live'
    return difference === undefined
      ? []
      : [{ column, what: `${resource.name} ${key}: ${who}: ${difference}` }]
  })
}

/**
 * Names of resources whose topics hold something, once so many do. @throws {Error} if that does not come to pass
 */
export async function filledTopics(arena: Arena, least: number): Promise<readonly string[]> {
  const until = performance.now() + FILLED_WITHIN_MS
  for (;;) {
    const { data } = await readArena(arena)
    const filled = [...data].filter(([, { records }]) => records.length > 0).map(([name]) => name)
    if (filled.length >= least) return filled
    if (performance.now() > until) throw new Error(`Only ${filled.join(', ')} hold something.`)
    await sleep(FILLED_POLL_MS, arena.signal)
  }
}

/** The part of the check that needs no end: a feed that is left behind. */
export async function checkSoFar(arena: Arena): Promise<readonly Finding[]> {
  const dump = await readArena(arena)
  const truth = truthOf(arena)
  return arena.resources.flatMap((resource) => [...checkHistories(resource, dump, truth)])
}
