/** A feed that needs twice what it has, against the simulator over HTTP, whose hour is half a minute. */
import { expect, test } from 'vitest'

import { instant, type Instant } from '../../../src/domain/instant.ts'
import type { PassKind } from '../../../src/domain/pass.ts'
import { BUDGET_WINDOW_MS } from '../../../src/domain/request-budget.ts'
import type { RequestPurpose } from '../../../src/domain/request-purpose.ts'
import { LISTINGS } from '../../../src/resources/listings.ts'
import { FeedRunner } from '../../../src/replication/feed-runner.ts'
import { runSchedule } from '../../../src/replication/loop.ts'
import type { Clock } from '../../../src/replication/ports.ts'
import { planRequests } from '../../../src/replication/request-plan.ts'
import { startSimulator } from '../../../src/simulator/server/start-simulator.ts'
import { RequestLimiter } from '../../../src/spark/budget/request-limiter.ts'
import { sleep } from '../../../src/support/abort.ts'
import type { Timer } from '../../../src/support/timer.ts'
import { assembleFeed, CollectingObserver } from '../../fixtures/memory-feed.ts'
import { MemoryKeyIndex } from '../../fixtures/memory-key-index.ts'
import { MemoryPublisher } from '../../fixtures/memory-publisher.ts'
import { SERVER_TIME } from '../../fixtures/scripted-source.ts'
import { mostInWindow } from './limited-key.ts'
import { httpSource } from '../http-source.ts'

const MINUTE_MS = 60_000
const LISTINGS_THERE = 120
const SETTINGS = {
  updateIntervalMs: 2 * MINUTE_MS,
  purgeIntervalMs: MINUTE_MS,
  fullWalkIntervalMs: MINUTE_MS,
  mediaFullIntervalMs: MINUTE_MS,
  updateOverlapMs: 20 * MINUTE_MS,
  pageLimit: 5,
}

/** Time runs so many times as fast, for the simulator, the limiter and the passes alike. */
function fastTime(times: number): { readonly clock: Clock; readonly timer: Timer } {
  const begun = performance.now()
  const monotonic = (): number => (performance.now() - begun) * times
  const slept = (ms: number, signal: AbortSignal): Promise<void> => sleep(ms / times, signal)
  const now = (): Instant => instant(SERVER_TIME + Math.floor(monotonic()))
  return { clock: { now, sleep: slept }, timer: { monotonic, sleep: slept } }
}

/** Begin and end of each pass of the kind that came to its end, by the feed's clock. */
class PassTimes extends CollectingObserver {
  readonly #clock: Clock
  readonly #begun = new Map<string, Instant>()
  readonly times: { readonly pass: PassKind; readonly took: number }[] = []

  constructor(clock: Clock) {
    super()
    this.#clock = clock
  }

  override passStarted(...event: Parameters<CollectingObserver['passStarted']>): void {
    super.passStarted(...event)
    this.#begun.set(event[0].passId, this.#clock.now())
  }

  override passEnded(...event: Parameters<CollectingObserver['passEnded']>): void {
    super.passEnded(...event)
    const [{ pass, passId }] = event
    this.times.push({ pass, took: this.#clock.now() - (this.#begun.get(passId) ?? Infinity) })
  }

  took(pass: PassKind): readonly number[] {
    return this.times.filter((time) => time.pass === pass).map(({ took }) => took)
  }
}

test('with half of the requests that it needs, updates stay within an interval, walks slow down, and the source refuses nothing', async () => {
  const { clock, timer } = fastTime(120)
  const listings = { ...LISTINGS, subresources: [] }
  const planned = [{ resource: listings, records: LISTINGS_THERE, changesPerDay: 0 }]
  const rate = Math.floor(planRequests(planned, { ...SETTINGS, apiRate: 1 }).needed / 2)
  await using server = await startSimulator({
    listings: LISTINGS_THERE,
    clock: () => clock.now(),
    behaviour: { rateLimit: rate },
  })
  const { simulator, url } = server
  const sent: { readonly purpose: RequestPurpose; readonly at: number }[] = []
  await using source = httpSource({
    apiUrl: url,
    accessToken: simulator.accessToken,
    pageLimit: SETTINGS.pageLimit,
    clock,
    bounded: (transport) =>
      new RequestLimiter({
        transport,
        rate,
        windowMs: BUDGET_WINDOW_MS,
        timer,
        now: () => clock.now(),
        watcher: {
          sent: (purpose) => sent.push({ purpose, at: timer.monotonic() }),
          granted: () => undefined,
        },
      }),
  })
  const publisher = new MemoryPublisher()
  const observer = new PassTimes(clock)
  const feed = assembleFeed({
    source,
    publisher,
    topics: publisher,
    index: new MemoryKeyIndex(),
    clock,
    observer,
  })
  const stop = new AbortController()
  const parking = {
    parked: (...[, , error]: readonly unknown[]) => stop.abort(error),
    resumed: () => undefined,
  }
  const running = runSchedule(new FeedRunner(feed), [listings], SETTINGS, parking, stop.signal)
  running.catch(() => undefined)
  const reason = new Error('seen enough')
  await clock.sleep(4 * BUDGET_WINDOW_MS, stop.signal)
  stop.abort(reason)
  await expect(running).rejects.toBe(reason)

  const updates = observer.took('update')
  expect(updates.length).toBeGreaterThanOrEqual((4 * BUDGET_WINDOW_MS) / SETTINGS.updateIntervalMs - 3)
  expect(Math.max(...updates)).toBeLessThan(SETTINGS.updateIntervalMs)
  const purges = observer.took('purge')
  expect(purges.length).toBeGreaterThan(3)
  expect(Math.max(...purges)).toBeGreaterThan(SETTINGS.purgeIntervalMs)
  const walked = sent.filter(({ purpose }) => purpose === 'walk').map(({ at }) => at)
  const gaps = walked.slice(1).map((at, i) => at - (walked[i] ?? at))
  expect(Math.max(...gaps)).toBeLessThan(BUDGET_WINDOW_MS / 4)
  expect(simulator.requests.summary.byPath).not.toHaveProperty(['/v1/listings', '429'])
  expect(
    mostInWindow(
      sent.map(({ at }) => at),
      BUDGET_WINDOW_MS,
    ),
  ).toBeLessThanOrEqual(rate)
}, 60_000)
