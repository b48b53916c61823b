/** A month without an update, against the simulated API. */
import { isDeepStrictEqual } from 'node:util'
import { describe, expect, test } from 'vitest'

import { SYSTEM_CLOCK } from '../../src/app/compose/system-clock.ts'
import { formatSeconds, instant, type Instant } from '../../src/domain/instant.ts'
import type { PassProgress } from '../../src/domain/pass.ts'
import { recordKey } from '../../src/domain/record-key.ts'
import type { Feed } from '../../src/replication/feed.ts'
import type { Clock } from '../../src/replication/ports.ts'
import { runSnapshot, runUpdate } from '../../src/replication/records-pass.ts'
import { LISTINGS } from '../../src/resources/listings.ts'
import type { Behaviour } from '../../src/simulator/behaviour.ts'
import { startSimulator, type SimulatorServer } from '../../src/simulator/server/start-simulator.ts'
import { assembleFeed, CollectingObserver, OVERLAP_MS } from '../fixtures/memory-feed.ts'
import { MemoryKeyIndex } from '../fixtures/memory-key-index.ts'
import { MemoryPublisher } from '../fixtures/memory-publisher.ts'
import { feedIdentity } from '../fixtures/index-entry.ts'
import { control } from '../simulator/spark-request.ts'
import { httpSource } from '../spark/http-source.ts'

const signal = AbortSignal.timeout(60_000)
const DAY_MS = 86_400_000
const LISTED = 200

/** A simulator, and a program that has downloaded it; the clocks of both go ahead together. */
class Outage implements AsyncDisposable {
  readonly server: SimulatorServer
  readonly topics: MemoryPublisher
  /** Keys that changed, or came, since the download. */
  readonly changed = new Set<string>()
  readonly #feed: Feed
  readonly #owned: AsyncDisposableStack

  private constructor(
    server: SimulatorServer,
    topics: MemoryPublisher,
    feed: Feed,
    owned: AsyncDisposableStack,
  ) {
    this.server = server
    this.topics = topics
    this.#feed = feed
    this.#owned = owned
  }

  static async open(): Promise<Outage> {
    await using owned = new AsyncDisposableStack()
    const server = owned.use(
      await startSimulator({ listings: LISTED, behaviour: { endOfWalk: 'no-token', keyOrderSeed: null } }),
    )
    const { simulator, url } = server
    const clock: Clock = { ...SYSTEM_CLOCK, now: () => instant(simulator.now()) }
    const source = owned.use(
      httpSource({
        apiUrl: url,
        accessToken: simulator.accessToken,
        pageLimit: 1_000,
        retry: { attempts: 8, baseMs: 1, capMs: 2 },
        clock,
        onDate: (date, at) => feed.serverClock.note(date, at),
      }),
    )
    const topics = new MemoryPublisher()
    const index = new MemoryKeyIndex()
    await topics.rebuild(index, feedIdentity(), clock.now())
    const feed: Feed = assembleFeed({
      source,
      publisher: topics,
      topics,
      index,
      clock,
      observer: new CollectingObserver(),
    })
    await runSnapshot(feed, LISTINGS, signal)
    return new Outage(server, topics, feed, owned.move())
  }

  get now(): Instant {
    return instant(this.server.simulator.now())
  }

  async wait(ms: number): Promise<void> {
    await control(this.server, 'POST', 'clock', { advanceMs: ms })
  }

  async market(command: object): Promise<void> {
    const { body } = await control(this.server, 'POST', 'market', command)
    for (const key of (body as { readonly keys: readonly string[] }).keys) this.changed.add(key)
  }

  async behave(change: Partial<Behaviour>): Promise<void> {
    await control(this.server, 'POST', 'behaviour', change)
  }

  /** With the requests that it took, and the events that it published. */
  async update(): Promise<{
    readonly progress: PassProgress
    readonly pages: number
    readonly counts: number
    readonly events: number
  }> {
    const { requests } = this.server.simulator
    const [asked, published] = [requests.latest.length, this.topics.changes().length]
    const progress = await runUpdate(this.#feed, LISTINGS, signal)
    const urls = requests.latest.slice(asked).map(({ url }) => url)
    const counts = urls.filter((url) => url.includes('_pagination=count')).length
    return { progress, counts, pages: urls.length - counts, events: this.topics.changes().length - published }
  }

  watermark(): Instant | undefined {
    return this.#feed.state.watermark(LISTINGS.name)
  }

  /** Changed listings of which a subscriber does not hold what the source shows now. */
  untrue(): readonly string[] {
    const { listings } = this.server.simulator.truth()
    return [...this.changed].filter((key) => {
      const { ModificationTimestamp: _, ...shown } = listings.get(key) ?? {}
      const held = this.topics.live().get(recordKey(key))?.content.bytes
      return held === undefined || !isDeepStrictEqual(fieldsOf(held), shown)
    })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#owned.disposeAsync()
  }
}

function fieldsOf(content: Uint8Array): unknown {
  return (JSON.parse(Buffer.from(content).toString()) as { readonly StandardFields: unknown }).StandardFields
}

describe('the update after 30 days', () => {
  test('asks for each day once, and publishes what changed in all of them once (R4, R5)', async () => {
    await using outage = await Outage.open()
    for (let day = 1; day <= 30; day += 1) {
      await outage.wait(DAY_MS)
      await outage.market({ action: 'prices', count: 5 })
      await outage.market({ action: 'new', count: 1 })
    }
    const { progress, ...cost } = await outage.update()
    // 30 days and what remains of the overlap; on the first day nothing had changed yet.
    expect(cost).toEqual({ pages: 31, counts: 30, events: outage.changed.size })
    expect(progress).toMatchObject({ state: 'completed', owedSeconds: [] })
    expect(outage.untrue()).toEqual([])
    expect(outage.topics.live().size).toBe(LISTED + 30)
    expect(outage.watermark()).toBe(progress.startedAt)

    // Six of the last day lie in the overlap.
    expect(await outage.update()).toMatchObject({ pages: 1, counts: 1, events: 0 })
  }, 60_000)

  test('gets around a second that the API stumbles over and a time that takes it too long; what it owes comes later (R8)', async () => {
    await using outage = await Outage.open()
    let broken = ''
    for (let day = 1; day <= 30; day += 1) {
      await outage.wait(DAY_MS)
      if (day === 10) {
        broken = formatSeconds(outage.now)
        await outage.market({ action: 'new', count: 2, at: broken })
      }
      for (let hour = 0; hour < 3; hour += 1) {
        await outage.wait(3_600_000)
        await outage.market({ action: 'new', count: day === 20 ? 20 : 2 })
      }
    }
    await outage.behave({ brokenSeconds: [broken], searchCostLimit: 30 })
    const { progress, ...cost } = await outage.update()
    expect(progress).toMatchObject({ state: 'completed', owedSeconds: [Date.parse(broken)] })
    expect(outage.watermark()).toBe(progress.startedAt)
    expect(cost.events).toBe(outage.changed.size - 2)
    // Each step down to the second costs four tries and a witness, each step up from it a walk and its count.
    expect(cost.pages).toBeLessThan(200)
    expect(outage.untrue()).toHaveLength(2)

    const later = await outage.update()
    expect(later.progress.owedSeconds).toEqual([Date.parse(broken)])
    expect(later).toMatchObject({ events: 0, pages: 1 + 4 })

    await outage.behave({ brokenSeconds: [] })
    const last = await outage.update()
    expect(last.progress.owedSeconds).toEqual([])
    expect(last).toMatchObject({ events: 2, pages: 2 })
    expect(outage.untrue()).toEqual([])
  }, 60_000)

  test('that begins in the midst of an outage of the API leaves the window as it is (R4, R8)', async () => {
    await using outage = await Outage.open()
    const watermark = outage.watermark()
    await outage.wait(30 * DAY_MS)
    outage.server.simulator.faults.add({
      path: '/v1/listings',
      times: null,
      fault: { kind: 'status', status: 500, code: 1026 },
    })
    await expect(outage.update()).rejects.toMatchObject({ code: 'SPARK_DATA_FAILED' })
    expect(outage.watermark()).toBe(watermark)
    outage.server.simulator.faults.clear()
    await outage.update()
    expect(outage.watermark()).toBeGreaterThanOrEqual((watermark ?? 0) + 30 * DAY_MS - OVERLAP_MS)
  }, 60_000)
})
