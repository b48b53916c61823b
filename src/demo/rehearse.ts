/** The demo itself: all passes against a market that changes and an API that fails, and what came of it. */
import { join } from 'node:path'

import { isSubresource, type Replicated } from '../domain/resource.ts'
import { InvariantViolation } from '../support/errors.ts'
import type { Steps } from '../ops/steps.ts'
import type { FaultRule } from '../simulator/faults.ts'
import { compareTopic, type TopicComparison } from './compare-topic.ts'
import type { EventCounts } from './expected-events.ts'
import { DemoReader, type DemoReading } from './demo-reader.ts'
import { MarketDay } from './market-day.ts'
import { runProgram } from './program-process.ts'
import { replayTopic } from './replay-topic.ts'
import type { Stage } from './stage.ts'
import { recordsInSqlite } from './stored-record.ts'
import { openSubscriber, topicOf } from './subscriber.ts'
import type { TopicReplay } from './topic-replay.ts'

/** What came of one topic. */
export interface TopicResult {
  readonly resource: Replicated
  readonly expected: EventCounts
  readonly replay: TopicReplay
  readonly comparison: TopicComparison
  /** Of the store that was rebuilt from the topics. */
  readonly store: { readonly rows: number; readonly comparison: TopicComparison }
}

export interface DemoResult {
  readonly topics: readonly TopicResult[]
  /** Of the first topic, what a subscriber in a group was given, and its lag. */
  readonly reading: DemoReading
  /** Records whose only change was their timestamp. */
  readonly onlyTouched: number
  readonly requests: number
  readonly faults: { readonly fired: number; readonly planned: number }
  readonly seconds: number
}

const LISTINGS = '/v1/listings'
const ACCOUNTS = '/v1/accounts'
const NO_SETS = { _expand: null }
const SETS = { _expand: '*' }
/** An update asks for little: its first request is the one to hit. The others are hit in the middle of their walks. */
const FAULTS = {
  snapshot: [
    {
      path: LISTINGS,
      query: NO_SETS,
      nth: 3,
      fault: { kind: 'status', status: 429, code: 1550, retryAfter: 1 },
    },
    { path: LISTINGS, query: NO_SETS, nth: 5, fault: { kind: 'status', status: 503, code: 1510 } },
    { path: LISTINGS, query: NO_SETS, nth: 7, fault: { kind: 'cut' } },
    { path: LISTINGS, query: SETS, nth: 2, fault: { kind: 'cut' } },
    { path: ACCOUNTS, nth: 2, fault: { kind: 'cut' } },
  ],
  update: [{ path: LISTINGS, query: NO_SETS, fault: { kind: 'reset' } }],
  purge: [
    { path: LISTINGS, nth: 2, fault: { kind: 'html', status: 502 } },
    { path: LISTINGS, nth: 4, fault: { kind: 'empty-page' } },
    { path: ACCOUNTS, fault: { kind: 'reset' } },
  ],
} as const satisfies Record<string, readonly FaultRule[]>

export async function rehearse(stage: Stage, steps: Steps, signal: AbortSignal): Promise<DemoResult> {
  const startedAt = performance.now()
  const { simulator, replicated } = stage
  const day = new MarketDay(simulator, replicated)
  let planned = 0
  const pass = async (title: string, name: keyof typeof FAULTS): Promise<void> => {
    simulator.faults.add(...FAULTS[name])
    planned += FAULTS[name].length
    await runPasses(stage, { title, name }, steps, signal)
  }

  await pass('Initial download', 'snapshot')
  await using reader = new DemoReader(stage.feed, firstOf(replicated))
  day.busyMorning()
  await pass('Update after a busy morning', 'update')
  day.quietAfternoon()
  await pass('Update after a quiet afternoon', 'update')
  await pass('Purge', 'purge')
  day.evening()
  await pass('Update when some are back', 'update')
  await pass('Update with nothing new', 'update')

  const replays = await steps.step('Reading the topics back', () => replayAll(stage, signal))
  const file = join(stage.folder, 'store.db')
  await steps.step('Rebuilding a store in SQLite from them', () => rebuildStore(stage, file, signal))
  const topics = await steps.step('Comparing both with the source', async () =>
    [...replays].map(([resource, replay]) => {
      const stored = recordsInSqlite(file, resource)
      return {
        resource,
        expected: day.expected(resource),
        replay,
        comparison: compareTopic(simulator, resource, replay.latest),
        store: { rows: stored.size, comparison: compareTopic(simulator, resource, stored) },
      }
    }),
  )
  const reading = await steps.step('Waiting for a subscriber', () => reader.caughtUp(signal))
  return {
    topics,
    reading,
    onlyTouched: day.onlyTouched,
    requests: simulator.requests.summary.requests,
    faults: { fired: simulator.faults.fired, planned },
    seconds: (performance.now() - startedAt) / 1000,
  }
}

function firstOf([first]: readonly Replicated[]): Replicated {
  if (first === undefined) throw new InvariantViolation('The demo replicates nothing.')
  return first
}

async function rebuildStore({ settings, folder }: Stage, file: string, signal: AbortSignal): Promise<void> {
  const args = ['rebuild', '--to', `sqlite:${file}`]
  await runProgram({ args, settings: { ...settings, LOG_LEVEL: 'warn' }, folder }, signal)
}

/** The pass of each resource, one after the other; sets of their parts come with them. */
async function runPasses(
  { simulator, settings, folder, replicated }: Stage,
  { title, name }: { readonly title: string; readonly name: string },
  steps: Steps,
  signal: AbortSignal,
): Promise<void> {
  const requestsBefore = simulator.requests.summary.requests
  const said: string[] = []
  let isDone = false
  await steps.step(
    title,
    async () => {
      for (const resource of replicated.filter((one) => !isSubresource(one))) {
        const args = [name, '--resource', resource.name]
        said.push(await runProgram({ args, settings: { ...settings, LOG_LEVEL: 'warn' }, folder }, signal))
      }
      isDone = true
    },
    () => (isDone ? said.join('\n') : `${simulator.requests.summary.requests - requestsBefore} requests`),
  )
}

async function replayAll(
  { feed, replicated }: Stage,
  signal: AbortSignal,
): Promise<ReadonlyMap<Replicated, TopicReplay>> {
  await using subscriber = await openSubscriber(feed, signal)
  const replays = new Map<Replicated, TopicReplay>()
  for (const resource of replicated) {
    replays.set(resource, await replayTopic(subscriber, topicOf(feed, resource), resource, signal))
  }
  return replays
}
