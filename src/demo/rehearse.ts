/** The demo itself: all passes against a market that changes and an API that fails, and what came of it. */
import type { FaultRule } from '../simulator/faults.ts'
import { compareFeed, type FeedComparison } from './compare-feed.ts'
import { MarketDay, type EventCounts } from './market-day.ts'
import { runProgram } from './program-process.ts'
import { readListings } from './read-listings.ts'
import type { Stage } from './stage.ts'
import type { Steps } from '../ops/steps.ts'
import type { TopicReplay } from './topic-replay.ts'

export interface DemoResult {
  readonly expected: EventCounts
  readonly replay: TopicReplay
  readonly comparison: FeedComparison
  /** Listings whose only change was their timestamp. */
  readonly touched: number
  readonly requests: number
  readonly faults: { readonly fired: number; readonly planned: number }
  readonly seconds: number
}

const LISTINGS = '/v1/listings'
/** An update asks for little: its first request is the one to hit. The others are hit in the middle of their walks. */
const FAULTS = {
  snapshot: [
    { path: LISTINGS, nth: 3, fault: { kind: 'status', status: 429, code: 1550, retryAfter: 1 } },
    { path: LISTINGS, nth: 5, fault: { kind: 'status', status: 503, code: 1510 } },
    { path: LISTINGS, nth: 7, fault: { kind: 'cut' } },
  ],
  update: [{ path: LISTINGS, fault: { kind: 'reset' } }],
  purge: [
    { path: LISTINGS, nth: 2, fault: { kind: 'html', status: 502 } },
    { path: LISTINGS, nth: 4, fault: { kind: 'empty-page' } },
  ],
} as const satisfies Record<string, readonly FaultRule[]>

export async function rehearse(stage: Stage, steps: Steps, signal: AbortSignal): Promise<DemoResult> {
  const startedAt = performance.now()
  const { simulator } = stage
  const day = new MarketDay(simulator.listings)
  let planned = 0
  const pass = async (title: string, name: keyof typeof FAULTS): Promise<void> => {
    const requestsBefore = simulator.requests.summary.requests
    let said = ''
    simulator.faults.add(...FAULTS[name])
    planned += FAULTS[name].length
    await steps.step(
      title,
      async () => {
        const { settings, folder } = stage
        said = await runProgram(
          { args: [name], settings: { ...settings, LOG_LEVEL: 'warn' }, folder },
          signal,
        )
      },
      () => (said === '' ? `${simulator.requests.summary.requests - requestsBefore} requests` : said),
    )
  }

  await pass('Initial download', 'snapshot')
  day.busyMorning()
  await pass('Update after a busy morning', 'update')
  day.quietAfternoon()
  await pass('Update after a quiet afternoon', 'update')
  await pass('Purge', 'purge')
  await pass('Update with nothing new', 'update')

  const replay = await steps.step('Reading the topic back', () => readListings(stage.feed, signal))
  const comparison = await steps.step('Comparing it with the source', () =>
    Promise.resolve(compareFeed(simulator, replay.latest)),
  )
  return {
    expected: day.expected,
    replay,
    comparison,
    touched: day.touched,
    requests: simulator.requests.summary.requests,
    faults: { fired: simulator.faults.fired, planned },
    seconds: (performance.now() - startedAt) / 1000,
  }
}
