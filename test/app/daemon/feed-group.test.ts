import { describe, expect, test, vi } from 'vitest'

import { FeedGroup, type FeedGroupMember, type SharedFeed } from '../../../src/app/daemon/feed-group.ts'
import type { Holdings } from '../../../src/kafka/sticky-assignor.ts'
import { createLogger } from '../../../src/ops/logger.ts'
import { FencedError } from '../../../src/publisher/publisher-errors.ts'
import { ListingstreamError } from '../../../src/support/errors.ts'
import { ManualClock } from '../../fixtures/manual-clock.ts'
import { SERVER_TIME } from '../../fixtures/scripted-source.ts'

const HEARTBEAT_MS = 1_500
const FENCED_PAUSE_MS = 10_000
const STOP = new Error('stop')
const EAST = 0
const WEST = 1

/** A feed that runs until it is stopped, takes its time to end, or meets an error. */
class ScriptedFeed implements SharedFeed {
  readonly prefix: string
  readonly logger = createLogger({ level: 'silent' })
  running = 0
  begun = 0
  /** What it waits for when it is to end. */
  closing: Promise<void> = Promise.resolve()
  #failure = Promise.withResolvers<never>()

  constructor(prefix: string) {
    this.prefix = prefix
  }

  fail(met: Error): void {
    const failing = this.#failure
    this.#failure = Promise.withResolvers()
    failing.reject(met)
  }

  async run(signal: AbortSignal): Promise<never> {
    this.running += 1
    this.begun += 1
    const stopped = Promise.withResolvers<never>()
    signal.addEventListener('abort', () => stopped.reject(signal.reason), { once: true })
    if (signal.aborted) stopped.reject(signal.reason)
    try {
      return await Promise.race([stopped.promise, this.#failure.promise])
    } finally {
      await this.closing
      this.running -= 1
    }
  }
}

/** A group whose sharing is scripted. */
class ScriptedMember implements FeedGroupMember {
  /** Of each joining. */
  readonly told: Holdings[] = []
  standing: 'member' | 'rebalancing' | 'expelled' = 'member'
  assigned: readonly number[]
  outage: Error | undefined
  group: FeedGroup | undefined

  constructor(assigned: readonly number[]) {
    this.assigned = assigned
  }

  async join(signal: AbortSignal) {
    signal.throwIfAborted()
    this.standing = 'member'
    const { names, owned } = this.group!.holdings()
    this.told.push({ names, owned: owned.toSorted((a, b) => a - b) })
    return this.assigned.map((partition) => ({ partition }))
  }

  async heartbeat() {
    if (this.outage !== undefined) throw this.outage
    return this.standing
  }
}

function open(assigned: readonly number[]) {
  const clock = new ManualClock(SERVER_TIME)
  const feeds = ['east', 'west'].map((prefix) => new ScriptedFeed(prefix))
  const [east, west] = [feeds[EAST]!, feeds[WEST]!]
  const logger = createLogger({ level: 'silent' })
  const group = new FeedGroup({ id: 'g', feeds, indexed: [], clock, monotonic: () => clock.now(), logger })
  const member = new ScriptedMember(assigned)
  member.group = group
  const stop = new AbortController()
  const done = group.run(member, stop.signal)
  done.catch(() => undefined)
  const joined = (times: number) => vi.waitUntil(() => member.told.length >= times, { interval: 1 })
  const beat = () => clock.pass(HEARTBEAT_MS)
  return { clock, east, west, group, member, stop, done, joined, beat }
}

describe('an instance of a group', () => {
  test('says that its list contradicts that of the others for as long as it does', async () => {
    const { group, stop, done } = open([])
    expect(group.contradiction).toBeNull()
    group.agreed(false)
    expect(group.contradiction).toContain('so that this one gets none')
    group.agreed(true)
    expect(group.contradiction).toBeNull()
    stop.abort(STOP)
    await expect(done).rejects.toBe(STOP)
  })

  test('runs the feeds that it is given, goes on with those that it keeps, and gives up the others before anybody has them', async () => {
    const { east, west, member, stop, done, joined, beat } = open([EAST, WEST])
    await joined(1)
    await vi.waitUntil(() => east.running + west.running === 2, { interval: 1 })
    const closing = Promise.withResolvers<void>()
    west.closing = closing.promise

    member.assigned = [EAST]
    member.standing = 'rebalancing'
    await beat()
    await joined(2)
    expect(member.told[1]).toEqual({ names: ['east', 'west'], owned: [EAST, WEST] })
    // It still ends: it is nobody else's before it has.
    member.standing = 'rebalancing'
    await beat()
    await joined(3)
    expect(member.told[2]?.owned).toEqual([EAST, WEST])
    closing.resolve()
    await joined(4)
    expect(member.told[3]?.owned).toEqual([EAST])
    expect([east.running, east.begun, west.running]).toEqual([1, 1, 0])

    stop.abort(STOP)
    await expect(done).rejects.toBe(STOP)
    expect(east.running).toBe(0)
  })

  test('runs a feed again that was to go and comes back before it had ended', async () => {
    const { west, member, joined, beat } = open([EAST, WEST])
    await joined(1)
    await vi.waitUntil(() => west.running === 1, { interval: 1 })
    const closing = Promise.withResolvers<void>()
    west.closing = closing.promise
    for (const assigned of [[EAST], [EAST, WEST]]) {
      member.assigned = assigned
      member.standing = 'rebalancing'
      const times = member.told.length + 1
      await beat()
      await joined(times)
    }
    closing.resolve()
    await vi.waitUntil(() => west.begun === 2 && west.running === 1, { interval: 1 })
  })

  test('lets go of all feeds when the group has gone on without it, and joins again', async () => {
    const { east, west, member, joined, beat } = open([EAST, WEST])
    await joined(1)
    await vi.waitUntil(() => east.running + west.running === 2, { interval: 1 })
    member.standing = 'expelled'
    member.assigned = []
    await beat()
    await joined(2)
    await vi.waitUntil(() => east.running + west.running === 0, { interval: 1 })
  })

  test('asks whose a feed is that another instance has taken, and waits before it takes it back (R3)', async () => {
    const { east, west, member, joined, clock } = open([EAST, WEST])
    await joined(1)
    await vi.waitUntil(() => west.running === 1, { interval: 1 })
    west.fail(new FencedError('west', { instanceId: 'other', host: 'h', pid: 1 }))
    await joined(2)
    expect(member.told[1]?.owned).toEqual([EAST])
    expect([west.running, west.begun]).toEqual([0, 1])
    await clock.pass(FENCED_PAUSE_MS)
    await vi.waitUntil(() => west.begun === 2, { interval: 1 })
    expect(east.begun).toBe(1)
  })

  test('keeps a feed that somebody has to decide about: no other instance would do better', async () => {
    const { east, west, member, joined, beat } = open([EAST, WEST])
    await joined(1)
    await vi.waitUntil(() => west.running === 1, { interval: 1 })
    const error = { code: 'SOURCE_CHANGED', retryable: false, disposition: 'stop' } as const
    west.fail(new ListingstreamError('Another source.', error))
    await vi.waitUntil(() => west.running === 0, { interval: 1 })
    member.standing = 'rebalancing'
    await beat()
    await joined(2)
    expect(member.told[1]?.owned).toEqual([EAST, WEST])
    expect([east.begun, west.begun]).toEqual([1, 1])
  })

  test('goes on with its feeds while the group cannot be reached', async () => {
    const { east, member, joined, beat } = open([EAST])
    await joined(1)
    await vi.waitUntil(() => east.running === 1, { interval: 1 })
    member.outage = new Error('no broker')
    for (let beats = 0; beats < 5; beats += 1) await beat()
    member.outage = undefined
    await beat()
    expect([east.running, east.begun, member.told.length]).toEqual([1, 1, 1])
  })
})
