/** A feed that needs twice what it has, against the simulator, in a time that passes only where somebody waits. */
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
import { Simulator } from '../../../src/simulator/simulator.ts'
import { RequestLimiter } from '../../../src/spark/budget/request-limiter.ts'
import type { HttpRequest, HttpResponse, Transport } from '../../../src/spark/transport.ts'
import { assembleFeed, CollectingObserver } from '../../fixtures/memory-feed.ts'
import { MemoryKeyIndex } from '../../fixtures/memory-key-index.ts'
import { MemoryPublisher } from '../../fixtures/memory-publisher.ts'
import { SERVER_TIME } from '../../fixtures/scripted-source.ts'
import { virtualTimer } from '../../fixtures/virtual-timer.ts'
import { mostInWindow } from './limited-key.ts'
import { sourceOn } from '../http-source.ts'

const MINUTE_MS = 60_000
const LISTINGS_THERE = 120
const SETTINGS = {
  updateIntervalMs: 2 * MINUTE_MS,
  purgeIntervalMs: MINUTE_MS,
  fullWalkIntervalMs: MINUTE_MS,
  mediaFullIntervalMs: MINUTE_MS,
  reconcileIntervalMs: MINUTE_MS,
  updateOverlapMs: 20 * MINUTE_MS,
  mediaFetch: 'auto' as const,
  pageLimit: 5,
}

/** The simulator without a wire. */
class DirectTransport implements Transport {
  readonly host = 'simulator'
  readonly statuses: number[] = []
  readonly #simulator: Simulator

  constructor(simulator: Simulator) {
    this.#simulator = simulator
  }

  async send({ method, target, headers, body = '' }: HttpRequest, onSend: () => void): Promise<HttpResponse> {
    onSend()
    const { pathname: path, searchParams: query } = new URL(target, `http://${this.host}`)
    const sent = new Headers(headers)
    const header = (name: string): string | undefined => sent.get(name) ?? undefined
    const request = { method, path, query, params: query, body, header }
    const { key = '' } = this.#simulator.identityOf(request)
    const reply = this.#simulator.limited(key) ?? this.#simulator.answer(request, undefined)
    this.statuses.push(reply.status)
    const answered = new Headers({ ...reply.headers, date: new Date(this.#simulator.now()).toUTCString() })
    const bytes = Buffer.from(reply.body)
    return {
      status: reply.status,
      body: bytes,
      bytes: bytes.length,
      header: (name) => answered.get(name) ?? undefined,
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {}
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
  const timer = virtualTimer()
  const now = (): Instant => instant(SERVER_TIME + Math.floor(timer.monotonic()))
  const clock: Clock = { now, sleep: (ms, signal) => timer.sleep(ms, signal) }
  const listings = { ...LISTINGS, subresources: [] }
  const planned = [{ resource: listings, records: LISTINGS_THERE, changesPerDay: 0 }]
  const rate = Math.floor(planRequests(planned, { ...SETTINGS, apiRate: 1 }).needed / 2)
  const simulator = new Simulator({ listings: LISTINGS_THERE, clock: now, behaviour: { rateLimit: rate } })
  const transport = new DirectTransport(simulator)
  const sent: { readonly purpose: RequestPurpose; readonly at: number }[] = []
  const watcher = {
    sent: (purpose: RequestPurpose) => sent.push({ purpose, at: timer.monotonic() }),
    granted: () => undefined,
    waits: () => undefined,
  }
  const limiter = new RequestLimiter({ transport, rate, windowMs: BUDGET_WINDOW_MS, timer, now, watcher })
  const source = sourceOn(limiter, simulator.accessToken, { pageLimit: SETTINGS.pageLimit, clock })
  const publisher = new MemoryPublisher()
  const observer = new PassTimes(clock)
  const identity = { host: transport.host, userId: simulator.user.id, mlsId: simulator.dataShare[0]!.id }
  const feed = assembleFeed({
    source,
    publisher,
    topics: publisher,
    index: new MemoryKeyIndex(),
    clock,
    observer,
    over: { identity },
  })
  const stop = new AbortController()
  const parking = {
    parked: (...[, , error]: readonly unknown[]) => stop.abort(error),
    resumed: () => undefined,
    scheduleBegun: () => undefined,
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
  expect(new Set(transport.statuses)).toEqual(new Set([200]))
  expect(
    mostInWindow(
      sent.map(({ at }) => at),
      BUDGET_WINDOW_MS,
    ),
  ).toBeLessThanOrEqual(rate)
})
