import { describe, expect, test, vi } from 'vitest'
import type { PassKind } from '../../src/domain/pass.ts'
import { LISTINGS } from '../../src/resources/listings.ts'
import { commitPauses } from '../../src/replication/commit-pauses.ts'
import { FeedRunner, PLAIN_PASS } from '../../src/replication/feed-runner.ts'
import { CollectingObserver, assembleFeed } from '../fixtures/memory-feed.ts'
import { ManualClock } from '../fixtures/manual-clock.ts'
import { MemoryKeyIndex } from '../fixtures/memory-key-index.ts'
import { MemoryPublisher } from '../fixtures/memory-publisher.ts'
import { Slots } from '../../src/support/slots.ts'
import type { WalkTurns } from '../../src/replication/ports.ts'
import { OFFICES } from '../fixtures/resources.ts'
import { SERVER_TIME, sourceRecord } from '../fixtures/scripted-source.ts'
import { SteerableSource } from '../fixtures/steerable-source.ts'

const { signal } = new AbortController()
const PAUSE = { resource: null, since: SERVER_TIME, until: null }

function open(walks?: WalkTurns) {
  const clock = new ManualClock(SERVER_TIME)
  const publisher = new MemoryPublisher()
  const source = new SteerableSource([sourceRecord('1')], () => clock.now())
  const observer = new CollectingObserver()
  const refreshed: string[] = []
  const metadata = { refresh: async () => void refreshed.push('refresh') }
  const index = new MemoryKeyIndex()
  const over = { metadata }
  const runner = new FeedRunner(
    assembleFeed({ source, publisher, topics: publisher, index, clock, observer, over }),
    { walks },
  )
  const run = (pass: PassKind, by = signal) => runner.run(LISTINGS, pass, PLAIN_PASS, by)
  return { runner, run, source, publisher, observer, refreshed }
}

describe('the runner of a feed', () => {
  test('runs each kind of pass, and asks for the metadata before it', async () => {
    const { run, refreshed, source } = open()
    expect(await run('snapshot')).toMatchObject({ progress: { pass: 'snapshot' }, purge: undefined })
    expect(await run('update')).toMatchObject({ progress: { pass: 'update' }, purge: undefined })
    expect(await run('purge')).toMatchObject({
      progress: { pass: 'purge' },
      purge: { gone: 0, verdict: { kind: 'clear' } },
    })
    expect(source.walks).toEqual(['snapshot', 'update', 'purge'])
    expect(refreshed).toHaveLength(3)
  })

  test('lets updates go on beside a long walk, page by page: each transaction alone (R1)', async () => {
    const { run, runner, source, publisher } = open()
    const gate = Promise.withResolvers<void>()
    source.gates.set('snapshot', gate.promise)
    const snapshot = run('snapshot')
    await vi.waitUntil(() => runner.feed.state.watermark(LISTINGS.name) !== undefined, { interval: 1 })
    expect(await run('update')).toMatchObject({ progress: { state: 'completed', counts: { published: 1 } } })
    expect(runner.feed.state.interrupted(LISTINGS.name, 'snapshot')).toBeDefined()
    gate.resolve()
    expect(await snapshot).toMatchObject({ progress: { state: 'completed' } })
    // The record that the update had published is not published again by the snapshot (R5), whose page is no transaction.
    expect(publisher.changes()).toHaveLength(1)
    expect(publisher.transactions.map(({ request }) => request.progress.pass)).toEqual([
      'snapshot',
      'update',
      'update',
      'snapshot',
    ])
  })

  test('two updates wait for each other, and so do a snapshot and a purge', async () => {
    const { run, observer } = open()
    await Promise.all([run('snapshot'), run('purge'), run('snapshot')])
    await Promise.all([run('update'), run('update')])
    const order = observer.started.map(({ progress: { passId } }) => passId)
    expect(observer.ended.map(({ progress: { passId } }) => passId)).toEqual(order)
    expect(new Set(order).size).toBe(5)
  })

  test('full walks of several feeds take turns, and updates do not wait for them', async () => {
    const walks = new Slots(1)
    const [one, other] = [open(walks), open(walks)]
    const gate = Promise.withResolvers<void>()
    one.source.gates.set('snapshot', gate.promise)
    const first = one.run('snapshot')
    await vi.waitUntil(() => one.runner.feed.state.watermark(LISTINGS.name) !== undefined, { interval: 1 })
    const second = other.run('snapshot')
    expect(await one.run('update')).toMatchObject({ progress: { state: 'completed' } })
    expect(other.source.walks).toEqual([])
    gate.resolve()
    await first
    expect(await second).toMatchObject({ progress: { state: 'completed' } })
    // A turn that ends in an error is over, too.
    one.source.failures.set('purge', new Error('lost'))
    await expect(one.run('purge')).rejects.toThrow()
    expect(await other.run('purge')).toMatchObject({ progress: { state: 'completed' } })
  })

  test('no resource waits for another one', async () => {
    const { runner, run, source } = open()
    const gate = Promise.withResolvers<void>()
    source.gates.set(`${LISTINGS.name}/snapshot`, gate.promise)
    const snapshot = run('snapshot')
    await vi.waitUntil(() => runner.feed.state.watermark(LISTINGS.name) !== undefined, { interval: 1 })
    source.records = [{ ...sourceRecord('1'), changeStamps: {} }]
    expect(await runner.run(OFFICES, 'snapshot', PLAIN_PASS, signal)).toMatchObject({
      progress: { resource: OFFICES.name, state: 'completed' },
    })
    let idle = false
    const waiting = runner.idle().then(() => (idle = true))
    await Promise.resolve()
    expect(idle).toBe(false)
    source.records = [sourceRecord('1')]
    gate.resolve()
    await Promise.all([snapshot, waiting])
  })

  test('what is committed beside passes is waited for, as they are', async () => {
    const { run, runner, publisher } = open()
    await run('snapshot')
    const commit = publisher.commit.bind(publisher)
    const gate = Promise.withResolvers<void>()
    publisher.commit = async (request, within) => {
      await gate.promise
      return commit(request, within)
    }
    const pausing = commitPauses(runner.feed, () => [PAUSE], signal)
    let idle = false
    const waiting = runner.idle().then(() => (idle = true))
    await new Promise((resolve) => setImmediate(resolve))
    expect(idle).toBe(false)
    gate.resolve()
    expect(await pausing).toEqual([PAUSE])
    await waiting
  })

  test('a pass that fails does not stop the one that waits', async () => {
    const { run, source } = open()
    const outage = new Error('outage')
    source.failures.set('snapshot', outage)
    const failing = run('snapshot')
    const waiting = run('purge')
    await expect(failing).rejects.toBe(outage)
    await expect(waiting).rejects.toMatchObject({ code: 'NO_SNAPSHOT' })
  })

  test('a pass whose signal aborts while it waits does not begin', async () => {
    const { run, source, runner } = open()
    const gate = Promise.withResolvers<void>()
    source.gates.set('snapshot', gate.promise)
    const controller = new AbortController()
    const stop = new Error('stop')
    const snapshot = run('snapshot')
    const purge = run('purge', controller.signal)
    controller.abort(stop)
    gate.resolve()
    await snapshot
    await expect(purge).rejects.toBe(stop)
    expect(source.walks).toEqual(['snapshot'])
    await runner.idle()
  })
})
