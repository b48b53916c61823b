import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'

import type { Fault, FaultRule } from '../../src/simulator/faults.ts'
import { CLEAN } from '../fixtures/topic-checker.ts'
import { LiveDaemon } from './live-daemon.ts'
import { LiveFeed, tally } from './live-feed.ts'

const LISTINGS = 58
/** Five pages of ten listings, one of six, and an empty one that ends the walk. */
const FULL_PAGES = [1, 2, 3, 4, 5]
const KEY_WALK = { path: '/v1/listings', query: { _select: '*', _skiptoken: '*' } } as const
const FALSE_ENDS = (['absent', 'null', 'empty', 'same'] as const).map((token) => ({
  kind: 'false-end' as const,
  token,
}))

/** A feed that has two listings that are gone: whatever a broken walk concluded, it would delete at least these. */
async function openWithRemoved(): Promise<LiveFeed> {
  const feed = await LiveFeed.open({ simulator: { listings: LISTINGS, seed: 61 } })
  await feed.done('snapshot')
  feed.simulator.listings.apply({ action: 'remove', count: 2 })
  return feed
}

describe('a purge walk that does not show all deletes nothing, at whatever page it happens (R7, R8, R9)', () => {
  const owned = new AsyncDisposableStack()
  let feed: LiveFeed
  let daemon: LiveDaemon

  /** Through the running daemon, so that dozens of purges take seconds. */
  async function purge(): Promise<{ status: number; code: string | undefined }> {
    const { status, body } = await daemon.post('/passes/purge')
    return { status, code: z.object({ code: z.string().optional() }).parse(body).code }
  }

  beforeAll(async () => {
    feed = owned.use(await openWithRemoved())
    daemon = owned.use(await LiveDaemon.start(feed, { UPDATE_INTERVAL: '1d', PURGE_INTERVAL: '1d' }))
  }, 120_000)

  afterAll(() => owned.disposeAsync())

  const faults: readonly Fault[] = [
    ...FALSE_ENDS,
    { kind: 'lost-rows', rows: 1 },
    { kind: 'lost-rows', rows: 9 },
  ]

  test.each(faults)('%j', async (fault) => {
    const pages = fault.kind === 'lost-rows' ? [...FULL_PAGES, 6] : FULL_PAGES
    for (const nth of pages) {
      feed.simulator.faults.add({ ...KEY_WALK, nth, fault })
      expect(await purge(), `at page ${nth}`).toEqual({ status: 503, code: 'PASS_INCOMPLETE' })
      expect(feed.simulator.faults.waiting, `at page ${nth}`).toBe(0)
    }
    expect(tally(await feed.read())).toEqual({ SNAPSHOT: LISTINGS })
  })

  test('a false end while the source refuses to count', async () => {
    feed.simulator.faults.add({
      path: '/v1/listings',
      query: { _pagination: 'count' },
      fault: { kind: 'refused-count' },
    })
    feed.simulator.faults.add({ ...KEY_WALK, nth: 3, fault: { kind: 'false-end', token: 'absent' } })
    expect(await purge()).toEqual({ status: 503, code: 'PASS_INCOMPLETE' })
    expect(tally(await feed.read())).toEqual({ SNAPSHOT: LISTINGS })
  })

  test('a page that is cut or empty once is no end: the walk goes on and finds what is gone', async () => {
    feed.simulator.faults.add({ ...KEY_WALK, nth: 2, fault: { kind: 'cut', at: 0.5 } })
    feed.simulator.faults.add({ ...KEY_WALK, nth: 4, fault: { kind: 'empty-page' } })
    expect(await purge()).toEqual({ status: 200, code: undefined })
    const events = await feed.readByConsole(LISTINGS + 4)
    expect(tally(events)).toEqual({ SNAPSHOT: LISTINGS, ListingDeleted: 2, Tombstone: 2 })
    expect(feed.check(events)).toEqual(CLEAN)
  })
})

test('the command ends with exit code 1 after each broken walk, and the one after them ends its work (R7, R8)', async () => {
  await using feed = await openWithRemoved()
  const { faults } = feed.simulator
  const lasting = { ...KEY_WALK, times: null }
  const tomorrow = { kind: 'status', status: 503, code: 1510, retryAfter: 86_400 } as const
  // A walk that came out incomplete begins anew, one that failed goes on at its token.
  const broken: readonly (readonly [code: string, ...rules: FaultRule[]])[] = [
    ['PASS_INCOMPLETE', { ...KEY_WALK, nth: 3, fault: { kind: 'false-end', token: 'null' } }],
    ['PASS_INCOMPLETE', { ...KEY_WALK, nth: 4, fault: { kind: 'lost-rows' } }],
    [
      'SPARK_UNAVAILABLE',
      { ...KEY_WALK, nth: 3, times: 3, fault: { kind: 'cut', at: 0.5 } },
      { ...KEY_WALK, nth: 6, fault: tomorrow },
    ],
    ['PASS_INCOMPLETE', { ...lasting, nth: 2, fault: { kind: 'empty-page' } }],
    ['PASS_INCOMPLETE', { ...lasting, nth: 3, fault: { kind: 'token-circle' } }],
    ['SPARK_NOT_PERMITTED', { ...lasting, fault: { kind: 'envelope-failure', code: 1500 } }],
    ['SPARK_FILTER_REFUSED', { ...lasting, fault: { kind: 'sparkql-errors' } }],
  ]
  for (const [code, ...rules] of broken) {
    faults.add(...rules)
    const exit = await feed.run(['purge'])
    expect(exit, code).toMatchObject({ code: 1, stdout: '' })
    expect(exit.stderr.trim().split('\n').at(-1)).toContain(`[${code}]`)
    faults.clear()
  }
  expect(tally(await feed.read())).toEqual({ SNAPSHOT: LISTINGS })
  expect(await feed.done('purge')).toContain('2 gone, 2 deleted')
  expect(feed.check(await feed.read())).toEqual(CLEAN)
}, 240_000)
