import { describe, expect, test, vi } from 'vitest'

import { FencedError } from '../../../src/publisher/publisher-errors.ts'
import {
  ListingstreamError,
  type Disposition,
  type ListingstreamErrorOptions,
} from '../../../src/support/errors.ts'
import { WHOLE } from '../../../src/domain/scope.ts'
import { formatInstant } from '../../../src/domain/instant.ts'
import { SERVER_TIME } from '../../fixtures/scripted-source.ts'
import { OWNERSHIP_MS, STOP, SupervisedFeed, UPDATE_MS } from './supervised-feed.ts'

const FIRST_WAIT_MS = 2_000
/** Of a pass. */
const FIRST_RETRY_MS = 5_000

const unsettled = failure('COMMIT_UNSETTLED', 'reopen')
const outage = failure('KAFKA_UNREACHABLE', 'retry')
const truncated = failure('TOPIC_TRUNCATED', 'stop')
const fenced = new FencedError('spark', { instanceId: 'rival', host: 'elsewhere', pid: 2 })

function failure(
  code: string,
  disposition: Disposition,
  over: Pick<ListingstreamErrorOptions, 'exitCode' | 'retryAfterMs'> = {},
): ListingstreamError {
  return new ListingstreamError('it does not work', { code, retryable: true, disposition, ...over })
}

/** Nothing of it is left. */
function expectOver(feed: SupervisedFeed): void {
  expect(feed.closed).toEqual(feed.opened)
  expect([...feed.announced]).toEqual([])
  expect(feed.supervisor.instanceId).toBeUndefined()
  expect(feed.clock.sleeping()).toEqual([])
}

describe('opening the feed', () => {
  test('makes it ready, leads the commands of this machine to it, and begins its passes', async () => {
    const feed = new SupervisedFeed()
    await feed.settle()
    expect(feed.health.report()).toMatchObject({ ready: true, reasons: [] })
    expect([...feed.announced]).toEqual(['instance-1'])
    expect(feed.supervisor.instanceId).toBe('instance-1')
    expect(feed.source.walks).toEqual(['snapshot', 'update'])
    expect(await feed.supervisor.status(feed.stopper.signal)).toMatchObject({
      prefix: 'spark',
      owner: { host: 'host-1' },
      passes: [{ pass: 'snapshot' }, { pass: 'update' }],
      liveRecords: { count: 1, byResource: { listings: 1 } },
      firstPurgeAt: { listings: expect.stringMatching(/Z$/) },
      parked: [],
    })
  })

  test('what is paused has no next pass; a snapshot that was the first one never has', async () => {
    const feed = new SupervisedFeed()
    await feed.settle()
    const { signal } = feed.stopper
    const snapshot = { pass: 'snapshot', nextAt: null }
    expect(await feed.supervisor.status(signal)).toMatchObject({
      passes: [snapshot, { pass: 'update', nextAt: expect.stringMatching(/Z$/) }],
    })
    for (const resource of [undefined, 'listings']) {
      await feed.supervisor.pause({ resource, forMs: 3_600_000 }, signal)
      expect(await feed.supervisor.status(signal)).toMatchObject({
        passes: [snapshot, { pass: 'update', nextAt: null }],
        firstPurgeAt: {},
      })
      await feed.supervisor.resume({ resource: undefined }, signal)
    }
  })

  test('knows what an earlier process has notified of, once for as long as it runs', async () => {
    const feed = new SupervisedFeed([outage])
    feed.notedBefore = [
      {
        id: 'down',
        kind: 'degraded',
        resource: null,
        pass: null,
        code: null,
        message: 'The feed is not ready.',
        at: SERVER_TIME,
        recovers: null,
      },
    ]
    feed.start()
    await feed.clock.sleeperOf(FIRST_WAIT_MS)
    await feed.clock.pass(FIRST_WAIT_MS)
    await vi.waitUntil(() => feed.publisher.transactions.length > 0, { interval: 1 })
    feed.notices.look(feed.supervisor.readiness())
    expect(feed.notified).toMatchObject([{ kind: 'recovered', recovers: { id: 'down', kind: 'degraded' } }])
    feed.supervisor.reopen()
    await vi.waitUntil(() => feed.opened.length === 2 && feed.supervisor.instanceId !== undefined)
    feed.notices.look(feed.supervisor.readiness())
    expect(feed.notified).toHaveLength(1)
    feed.stopper.abort(STOP)
    await expect(feed.done).rejects.toBe(STOP)
  })

  test('says which of its passes stands still, since when, and until when', async () => {
    const feed = new SupervisedFeed()
    feed.publisher.failBeforeCommit(0, outage)
    feed.start()
    await vi.waitUntil(() => feed.health.report().reasons.some(({ pass }) => pass !== null), { interval: 1 })
    expect(await feed.supervisor.status(feed.stopper.signal)).toMatchObject({
      parked: [
        {
          resource: 'listings',
          pass: 'snapshot',
          code: 'KAFKA_UNREACHABLE',
          since: formatInstant(SERVER_TIME),
          retryAt: formatInstant(SERVER_TIME + FIRST_RETRY_MS),
        },
      ],
      firstPurgeAt: {},
    })
  })

  test('again with settings that were read anew is no trouble: it is at once, and nothing is told', async () => {
    const feed = new SupervisedFeed()
    await feed.settle()
    feed.supervisor.reopen()
    await vi.waitUntil(() => feed.announced.has('instance-2'), { interval: 1 })
    expect(feed.closed).toEqual(['instance-1'])
    expect(feed.health.report()).toMatchObject({ ready: true })
    expect(feed.health.lastError()).toBeNull()
  })

  test('again, for what parked a track before, has it parked only if it fails again; the process is as old as it was', async () => {
    const feed = new SupervisedFeed()
    const isParked = () => feed.health.report().reasons.some(({ pass }) => pass === 'snapshot')
    feed.source.failures.set('snapshot', outage)
    feed.start()
    await vi.waitUntil(isParked, { interval: 1 })

    feed.supervisor.reopen()
    await vi.waitUntil(() => feed.source.times('snapshot') === 2 && isParked(), { interval: 1 })

    feed.clock.advance(1)
    feed.source.failures.clear()
    feed.supervisor.reopen()
    await vi.waitUntil(() => feed.publisher.transactions.length > 0, { interval: 1 })
    expect(feed.health.report()).toMatchObject({ ready: true, reasons: [] })
    expect(await feed.metrics.text()).not.toContain('listingstream_parked{')
    expect(await feed.supervisor.status(feed.stopper.signal)).toMatchObject({
      parked: [],
      daemon: { startedAt: formatInstant(SERVER_TIME) },
    })
  })

  test('again, with a scope that the source refuses to count, would be for nothing', async () => {
    const feed = new SupervisedFeed()
    const takes = () => feed.supervisor.takesScope({ ...WHOLE, filter: "A Eq 'x'" }, feed.stopper.signal)
    expect(await takes()).toBe(true)
    await feed.settle()
    expect(await takes()).toBe(true)
    const count = vi.spyOn(feed.source, 'count').mockRejectedValueOnce(outage)
    expect(await takes()).toBe(true)
    count.mockResolvedValueOnce(undefined)
    expect(await takes()).toBe(false)
    const [listings, filter] = count.mock.lastCall ?? []
    expect([listings?.scope.filter, filter]).toEqual(["A Eq 'x'", "A Eq 'x'"])
  })

  test('that has not begun when settings are read anew is done once', async () => {
    const feed = new SupervisedFeed([outage])
    feed.start()
    await feed.clock.sleeperOf(FIRST_WAIT_MS)
    feed.supervisor.reopen()
    feed.clock.advance(FIRST_WAIT_MS)
    await feed.clock.sleeperOf(OWNERSHIP_MS)
    expect([...feed.announced]).toEqual(['instance-1'])
    expect(feed.closed).toEqual([])
  })

  test('waits for what keeps it from that, longer and longer, and says so meanwhile', async () => {
    const feed = new SupervisedFeed([outage, outage, failure('SPARK_UNAUTHORIZED', 'retry')])
    feed.start()
    for (const wait of [FIRST_WAIT_MS, 2 * FIRST_WAIT_MS]) {
      await feed.clock.sleeperOf(wait)
      expect(feed.health.report()).toMatchObject({ ready: false, reasons: [{ code: 'KAFKA_UNREACHABLE' }] })
      feed.clock.advance(wait)
    }
    await feed.clock.sleeperOf(4 * FIRST_WAIT_MS)
    const health = feed.health.report()
    expect(health).toMatchObject({ ready: false, reasons: [{ code: 'SPARK_UNAUTHORIZED' }] })
    expect(await feed.supervisor.status(feed.stopper.signal)).toEqual({ prefix: 'spark', health })
    feed.clock.advance(4 * FIRST_WAIT_MS)
    await feed.clock.sleeperOf(OWNERSHIP_MS)
    expect(feed.health.report().ready).toBe(true)
  })

  test('waits as long as the other side asks for', async () => {
    const feed = new SupervisedFeed([failure('SPARK_RATE_LIMITED', 'retry', { retryAfterMs: 90_000 })])
    feed.start()
    await feed.clock.pass(90_000)
    await feed.clock.sleeperOf(OWNERSHIP_MS)
    expect(feed.opened).toEqual(['instance-1'])
  })

  test.each([
    ['somebody has to decide', truncated],
    ['the settings are wrong: they are read once', failure('TOPIC_MISCONFIGURED', 'retry', { exitCode: 2 })],
    ['another instance owns the feed (R3)', fenced],
  ])('ends where %s', async (_, error) => {
    const feed = new SupervisedFeed([outage, error])
    feed.start()
    await feed.clock.pass(FIRST_WAIT_MS)
    await expect(feed.done).rejects.toBe(error)
    expectOver(feed)
  })

  test('that nobody foresaw fails is tried again, later and later', async () => {
    const feed = new SupervisedFeed()
    feed.unannounced = [new TypeError('undefined is not a function'), new Error('EACCES')]
    feed.start()
    for (const wait of [2 * FIRST_WAIT_MS, 4 * FIRST_WAIT_MS]) {
      await feed.clock.sleeperOf(wait)
      expect(feed.health.report()).toMatchObject({ ready: false, reasons: [{ code: 'UNEXPECTED_ERROR' }] })
      expect(feed.closed).toEqual(feed.opened)
      feed.clock.advance(wait)
    }
    await feed.clock.sleeperOf(OWNERSHIP_MS)
    expect(feed.opened).toEqual(['instance-1', 'instance-2', 'instance-3'])
    expect(feed.health.report().ready).toBe(true)
  })
})

describe('a feed that is open', () => {
  test('is closed and opened again when a pass by schedule says that this mends it (R1, R2)', async () => {
    const feed = new SupervisedFeed()
    await feed.settle()
    feed.source.failures.set('update', unsettled)
    await feed.clock.pass(UPDATE_MS)
    await feed.clock.sleeperOf(FIRST_WAIT_MS)
    expectClosed(feed, 'COMMIT_UNSETTLED')
    feed.source.failures.clear()
    feed.clock.advance(FIRST_WAIT_MS)
    await feed.clock.sleeperOf(UPDATE_MS)
    expect([...feed.announced]).toEqual(['instance-2'])
    expect(feed.health.report().ready).toBe(true)
  })

  test('ends when a pass by schedule finds what somebody has to decide', async () => {
    const feed = new SupervisedFeed()
    await feed.settle()
    feed.source.failures.set('update', truncated)
    await feed.clock.pass(UPDATE_MS)
    await expect(feed.done).rejects.toBe(truncated)
    expectOver(feed)
  })

  test('ends within seconds of a rival, though no pass is due (R3)', async () => {
    const feed = new SupervisedFeed()
    await feed.settle()
    feed.rival = fenced
    await feed.clock.pass(OWNERSHIP_MS)
    await expect(feed.done).rejects.toBe(fenced)
    expectOver(feed)
  })

  test('goes on when its owner cannot be looked at: an outage is for the passes to meet', async () => {
    const feed = new SupervisedFeed()
    await feed.settle()
    feed.rival = outage
    await feed.clock.pass(OWNERSHIP_MS)
    await feed.clock.sleeperOf(OWNERSHIP_MS)
    expect(feed.opened).toEqual(['instance-1'])
    expect(feed.health.report().ready).toBe(true)
  })

  test('is closed when what is committed beside its passes has ended: a stop leaves a commit the time to be sure (R1)', async () => {
    const feed = new SupervisedFeed()
    await feed.settle()
    const { publisher, supervisor, stopper } = feed
    const commit = publisher.commit.bind(publisher)
    const [begun, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    publisher.commit = async (request, within) => {
      begun.resolve()
      await gate.promise
      return commit(request, within)
    }
    const pausing = supervisor.pause({ resource: undefined, forMs: 3_600_000 }, new AbortController().signal)
    pausing.catch(() => undefined)
    await begun.promise
    stopper.abort(STOP)
    await vi.waitUntil(() => supervisor.instanceId === undefined, { interval: 1 })
    await new Promise((resolve) => setImmediate(resolve))
    expect(feed.closed).toEqual([])
    gate.resolve()
    await expect(feed.done).rejects.toBe(STOP)
    expectOver(feed)
  })

  test('leaves nothing behind when it is stopped', async () => {
    const feed = new SupervisedFeed()
    await feed.settle()
    feed.stopper.abort(STOP)
    await expect(feed.done).rejects.toBe(STOP)
    expectOver(feed)
  })
})

describe('a pass on demand', () => {
  test('is refused as long as the feed is not open, and where it would begin it anew', async () => {
    const feed = new SupervisedFeed([outage])
    feed.start()
    await feed.clock.sleeperOf(FIRST_WAIT_MS)
    await expect(feed.runPass('update')).rejects.toMatchObject({ code: 'NOT_READY' })
    feed.clock.advance(FIRST_WAIT_MS)
    await feed.clock.sleeperOf(OWNERSHIP_MS)
    const restarted = feed.runPass('update', { restart: true })
    await expect(restarted).rejects.toMatchObject({ code: 'RESTART_NEEDS_STOP' })
  })

  test('decides on what is held only while the feed is open, of a list that it replicates, and if something is held (R10)', async () => {
    const feed = new SupervisedFeed()
    const never = new AbortController().signal
    const { holds } = feed.supervisor
    const approve = (resource: string) =>
      holds.approve(resource, { sweep: 'sweep-1', max: 1 }, { signal: never, gone: never })
    await expect(holds.hold('listings', never)).rejects.toMatchObject({ code: 'NOT_READY' })
    await expect(approve('listings')).rejects.toMatchObject({ code: 'NOT_READY' })
    await feed.settle()
    expect(await holds.hold('listings', never)).toEqual({ hold: null, others: [] })
    await expect(approve('accounts')).rejects.toMatchObject({ code: 'RESOURCE_NOT_REPLICATED' })
    await expect(approve('listings')).rejects.toMatchObject({ code: 'NO_HOLD' })
    const decision = { signal: never, gone: never }
    await expect(holds.reject('listings', { sweep: 'sweep-1' }, decision)).rejects.toMatchObject({
      code: 'NO_HOLD',
    })
    feed.stopper.abort(STOP)
    await expect(feed.done).rejects.toBe(STOP)
  })

  test('has the feed opened again where that mends its error, and does not leave that to the next pass (R1)', async () => {
    const feed = new SupervisedFeed()
    await feed.settle()
    feed.source.failures.set('purge', unsettled)
    await expect(feed.runPass('purge')).rejects.toBe(unsettled)
    await feed.clock.sleeperOf(FIRST_WAIT_MS)
    expectClosed(feed, 'COMMIT_UNSETTLED')
    feed.clock.advance(FIRST_WAIT_MS)
    await feed.clock.sleeperOf(UPDATE_MS)
    feed.source.failures.clear()
    expect(await feed.runPass('purge')).toMatchObject({ pass: 'purge' })
  })

  test.each([
    ['that passes', outage],
    ['that somebody has to decide about', truncated],
  ])('leaves the feed as it is after an error %s', async (_, error) => {
    const feed = new SupervisedFeed()
    await feed.settle()
    feed.source.failures.set('purge', error)
    await expect(feed.runPass('purge')).rejects.toBe(error)
    feed.source.failures.clear()
    expect(await feed.runPass('purge')).toMatchObject({ pass: 'purge' })
    expect(feed.opened).toEqual(['instance-1'])
  })

  test('ends with the feed, in the error that ended it', async () => {
    const feed = new SupervisedFeed()
    await feed.settle()
    feed.source.gates.set('update', new Promise(() => undefined))
    const update = feed.runPass('update')
    await expect.poll(() => feed.source.times('update')).toBe(2)
    feed.source.failures.set('purge', unsettled)
    await expect(feed.runPass('purge')).rejects.toBe(unsettled)
    await expect(update).rejects.toBe(unsettled)
  })
})

describe('DATA_DIR that is deleted or replaced under the daemon', () => {
  test('has the feed opened again, with the folder made anew, within seconds', async () => {
    const feed = new SupervisedFeed()
    await feed.settle()
    feed.announced.clear()
    await feed.clock.pass(OWNERSHIP_MS)
    await expect.poll(() => feed.closed).toEqual(['instance-1'])
    expectClosed(feed, 'DATA_DIR_LOST')
    await feed.clock.pass(FIRST_WAIT_MS)
    await vi.waitUntil(() => feed.announced.has('instance-2'), { interval: 1 })
  })

  test('says nothing while nobody can tell whether a rival has done it: that one keeps the feed', async () => {
    const feed = new SupervisedFeed()
    await feed.settle()
    feed.announced.clear()
    feed.rival = outage
    await feed.clock.pass(OWNERSHIP_MS)
    await feed.clock.sleeperOf(OWNERSHIP_MS)
    expect(feed.closed).toEqual([])
    feed.rival = fenced
    await feed.clock.pass(OWNERSHIP_MS)
    await expect(feed.done).rejects.toBe(fenced)
    expect(feed.opened).toEqual(['instance-1'])
  })
})

/** The first instance has let go, and says why. */
function expectClosed(feed: SupervisedFeed, code: string): void {
  expect(feed.closed).toEqual(['instance-1'])
  expect([...feed.announced]).toEqual([])
  expect(feed.supervisor.instanceId).toBeUndefined()
  expect(feed.health.report()).toMatchObject({ ready: false, reasons: [{ code }] })
}

describe('a feed that several instances share', () => {
  test('is elsewhere until it is run, starts anew each time, and is elsewhere again when it is given up', async () => {
    const feed = new SupervisedFeed()
    feed.supervisor.standBy()
    expect(feed.supervisor.standing).toBe('elsewhere')
    expect(feed.supervisor.readiness()).toMatchObject({ ready: false, reasons: [{ code: 'FEED_ELSEWHERE' }] })
    await expect(feed.runPass('update')).rejects.toMatchObject({ code: 'FEED_ELSEWHERE', retryable: true })

    await feed.settle()
    expect(feed.supervisor.standing).toBe('running')
    expect(feed.supervisor.readiness()).toMatchObject({ ready: true })
    feed.stopper.abort(STOP)
    await expect(feed.done).rejects.toBe(STOP)
    expect(feed.supervisor.standing).toBe('elsewhere')
    await expect(feed.supervisor.status(feed.stopper.signal)).rejects.toMatchObject({
      code: 'FEED_ELSEWHERE',
    })

    const again = new AbortController()
    const done = feed.supervisor.run(
      async () => ({ stands: async () => true, [Symbol.asyncDispose]: async () => undefined }),
      again.signal,
    )
    done.catch(() => undefined)
    expect(feed.supervisor.readiness()).toMatchObject({ ready: false, reasons: [{ code: 'STARTING' }] })
    await vi.waitUntil(() => feed.supervisor.standing === 'running', { interval: 1 })
    again.abort(STOP)
    await expect(done).rejects.toBe(STOP)
  })
})

test('a feed that has ended says why, and stays so', async () => {
  const feed = new SupervisedFeed()
  await feed.settle()
  feed.rival = new FencedError('spark', { instanceId: 'other', host: 'h', pid: 1 })
  await feed.clock.pass(OWNERSHIP_MS)
  await expect(feed.done).rejects.toBe(feed.rival)
  expect(feed.supervisor.standing).toBe('stopped')
  expect(feed.supervisor.readiness()).toMatchObject({ ready: false, reasons: [{ code: 'FENCED' }] })
})

test('the status of a feed that another instance has is asked for there', async () => {
  const feed = new SupervisedFeed()
  feed.supervisor.standBy()
  await expect(feed.supervisor.status(feed.stopper.signal)).rejects.toMatchObject({ code: 'FEED_ELSEWHERE' })
})

test('the page of a feed that another instance has says that it is there, and not that it starts here', async () => {
  const feed = new SupervisedFeed()
  feed.supervisor.standBy()
  expect(await feed.supervisor.page.glance(feed.stopper.signal)).toMatchObject({
    health: { ready: false, reasons: [{ code: 'FEED_ELSEWHERE' }] },
  })
})
