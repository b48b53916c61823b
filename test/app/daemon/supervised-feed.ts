import { vi } from 'vitest'

import { FeedSupervisor } from '../../../src/app/daemon/supervisor.ts'
import type { Announcement } from '../../../src/app/daemon/watch-ownership.ts'
import type { OpenFeed } from '../../../src/app/compose/open-feed.ts'
import type { Instant } from '../../../src/domain/instant.ts'
import type { FeedNotification } from '../../../src/domain/notification.ts'
import type { Owner } from '../../../src/feed/state-records.ts'
import { Health } from '../../../src/ops/health.ts'
import { createLogger } from '../../../src/ops/logger.ts'
import { Metrics } from '../../../src/ops/metrics.ts'
import { Notices } from '../../../src/ops/notifications/notices.ts'
import { FeedHistory } from '../../../src/ops/page/feed-history.ts'
import { WalkTotals } from '../../../src/ops/walk-totals.ts'
import { parkings } from '../../../src/ops/observers.ts'
import { FeedRunner } from '../../../src/replication/feed-runner.ts'
import { LISTINGS } from '../../../src/resources/listings.ts'
import { assembleFeed, CollectingObserver } from '../../fixtures/memory-feed.ts'
import { ManualClock } from '../../fixtures/manual-clock.ts'
import { MemoryKeyIndex } from '../../fixtures/memory-key-index.ts'
import { MemoryPublisher } from '../../fixtures/memory-publisher.ts'
import { SERVER_TIME, sourceRecord } from '../../fixtures/scripted-source.ts'
import { SteerableSource } from '../../fixtures/steerable-source.ts'

export const UPDATE_MS = 5 * 60_000
const PURGE_MS = 24 * 3_600_000
const WATERMARK_POLL_MS = 500
/** So often is the owner looked at. */
export const OWNERSHIP_MS = 5_000
export const STOP = new Error('stop')

const SOURCE = { host: 'replication.example', userId: 'user-1', mlsId: 'mls-1' }

/** A supervisor of a feed of twins, on a clock that stands still; how often it is opened, and what keeps it from that, is scripted. */
export class SupervisedFeed {
  readonly clock = new ManualClock(SERVER_TIME)
  readonly publisher = new MemoryPublisher()
  readonly source = new SteerableSource([sourceRecord('1')], () => this.clock.now())
  readonly health = new Health(() => this.clock.now())
  readonly metrics = new Metrics()
  /** Instances that had the feed, in order. */
  readonly opened: string[] = []
  readonly closed: string[] = []
  /** Those to whom commands are led. */
  readonly announced = new Set<string>()
  readonly stopper = new AbortController()
  readonly supervisor: FeedSupervisor
  /** Of its run, which always ends in an error. */
  done: Promise<never> | undefined
  /** Thrown when somebody looks at the owner. */
  rival: Error | undefined
  /** Thrown by the next announcements. */
  unannounced: Error[] = []
  /** What earlier processes have notified of. */
  notedBefore: FeedNotification[] = []
  readonly notified: FeedNotification[] = []
  readonly notices = new Notices({
    now: () => this.clock.now(),
    newId: () => `notice-${this.notified.length + 1}`,
    tell: (notification) => this.notified.push(notification),
  })
  readonly #obstacles: Error[]
  readonly #index = new MemoryKeyIndex()

  /** @param obstacles what the first attempts to open the feed end in */
  constructor(obstacles: readonly Error[] = []) {
    this.#obstacles = [...obstacles]
    this.supervisor = new FeedSupervisor({
      prefix: 'spark',
      open: () => this.#open(),
      schedule: {
        updateIntervalMs: UPDATE_MS,
        purgeIntervalMs: PURGE_MS,
        fullWalkIntervalMs: PURGE_MS,
        mediaFullIntervalMs: 7 * 24 * 3_600_000,
        reconcileIntervalMs: 7 * 24 * 3_600_000,
      },
      startedAt: this.clock.now(),
      around: {
        logger: createLogger({ level: 'silent' }),
        health: this.health,
        metrics: this.metrics,
        totals: new WalkTotals(),
        parking: parkings(this.health, this.metrics),
        history: new FeedHistory(() => this.clock.now()),
        notices: this.notices,
      },
      groups: () => ({ at: null, groups: [] }),
      budget: () => null,
      clock: this.clock,
      // Each wait is its upper end.
      random: () => 1,
    })
  }

  start(): void {
    this.done = this.supervisor.run((owner) => this.#announce(owner), this.stopper.signal)
    this.done.catch(() => undefined)
  }

  /** Starts; the snapshot and the first update are done. */
  async settle(): Promise<void> {
    this.start()
    await vi.waitUntil(() => this.publisher.transactions.length > 0, { interval: 1 })
    await this.clock.pass(WATERMARK_POLL_MS)
    await this.clock.sleeperOf(UPDATE_MS)
  }

  runPass(pass: 'update' | 'purge', over: { readonly restart?: boolean } = {}): Promise<object> {
    const never = new AbortController().signal
    const options = { dryRun: false, restart: false, fresh: false, ...over }
    return this.supervisor.runPass({ resource: undefined, pass }, options, { signal: never, gone: never })
  }

  async #announce({ instanceId }: Owner): Promise<Announcement> {
    const failure = this.unannounced.shift()
    if (failure !== undefined) throw failure
    this.announced.add(instanceId)
    return {
      stands: async () => this.announced.has(instanceId),
      [Symbol.asyncDispose]: async () => void this.announced.delete(instanceId),
    }
  }

  async #open(): Promise<OpenFeed> {
    const obstacle = this.#obstacles.shift()
    if (obstacle !== undefined) throw obstacle
    const instanceId = `instance-${this.opened.push('')}`
    this.opened.splice(-1, 1, instanceId)
    const { publisher, source, clock } = this
    const parts = { source, publisher, topics: publisher, index: this.#index, clock }
    return {
      runner: new FeedRunner(assembleFeed({ ...parts, observer: new CollectingObserver() })),
      resources: [LISTINGS],
      owner: ownerOf(instanceId, clock.now()),
      source: SOURCE,
      requireOwnership: async () => {
        if (this.rival !== undefined) throw this.rival
      },
      openLetters: async () => [],
      liveRecords: async () => ({ count: 1, why: null, byResource: { listings: 1 } }),
      previewDeletes: () => Promise.reject(new Error('nobody should ask')),
      reportHold: async () => ({ hold: null, others: [] }),
      lastMarkers: async () => [],
      lastNotifications: async () => this.notedBefore,
      explainKey: () => Promise.reject(new Error('nobody should ask')),
      oddValues: async () => [],
      [Symbol.asyncDispose]: async () => void this.closed.push(instanceId),
    }
  }
}

function ownerOf(instanceId: string, now: Instant): Owner {
  return {
    instanceId,
    host: 'host-1',
    pid: 1,
    dataDir: '/data',
    startedAt: now,
    aliveAt: now,
    version: '1.0.0',
    generation: 1,
    seq: 0,
    source: SOURCE,
    clusterId: 'cluster-1',
  }
}
