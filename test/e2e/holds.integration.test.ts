import { rm } from 'node:fs/promises'

import { expect, test } from 'vitest'

import { CLEAN } from '../fixtures/topic-checker.ts'
import { HELD_METRIC, IDLE, shown, STRICT } from './held-deletes.ts'
import { LiveDaemon } from './live-daemon.ts'
import { LiveFeed, tally } from './live-feed.ts'

test.concurrent('a hold survives kill -9, a restart and the loss of DATA_DIR, with its keys, and can then be approved: each key is proved anew (R9, R10)', async () => {
  await using feed = await LiveFeed.open({ simulator: { listings: 300, seed: 41 }, settings: STRICT })
  await feed.done('snapshot')
  const removed = feed.simulator.listings.apply({ action: 'remove', count: 100 }).keys
  let sweep: string
  {
    await using daemon = await LiveDaemon.start(feed, IDLE)
    expect(await feed.run(['purge'])).toMatchObject({ code: 3 })
    sweep = (await shown(feed)).sweep
    expect(await daemon.metric(HELD_METRIC)).toBe(100)
    await daemon.process.kill('SIGKILL')
  }
  await rm(feed.dataDir, { recursive: true })

  await using daemon = await LiveDaemon.start(feed, IDLE)
  expect(await daemon.metric(HELD_METRIC)).toBe(100)
  const why = '100 deletes are above PURGE_HARD_MAX (50)'
  expect(JSON.parse((await daemon.get('/readyz')).text)).toMatchObject({
    ready: true,
    held: [{ resource: 'listings', detail: why }],
  })
  const hold = await shown(feed)
  expect(hold).toMatchObject({ sweep, deletes: 100, why, preview: { total: 100 } })
  expect(hold.preview.keys.map(({ key }) => key)).toEqual(removed.toSorted())
  expect(JSON.parse((await daemon.get('/resources/listings/hold')).text)).toEqual({ hold, others: [] })

  const approved = await feed.run(['purge', 'approve', sweep, '--max', '100'])
  expect(approved).toMatchObject({ code: 0 })
  expect(approved.stdout).toContain('100 gone, 100 deleted, 0 still there, 0 inconclusive')
  expect(await daemon.metric(HELD_METRIC)).toBe(0)
  expect(JSON.parse((await daemon.get('/readyz')).text)).toMatchObject({ held: [] })
  expect(await feed.done('purge', 'show')).toBe('nothing of listings is held')
  await daemon.process.kill('SIGTERM')

  const events = await feed.readByConsole(500)
  expect(tally(events)).toEqual({ SNAPSHOT: 300, ListingDeleted: 100, Tombstone: 100 })
  const deleted = events.filter(({ type }) => type === 'ListingDeleted')
  expect(new Set(deleted.map(({ value }) => (value as { reason: string }).reason))).toEqual(
    new Set(['OPERATOR']),
  )
  expect(deleted.map(({ key }) => key).toSorted()).toEqual(removed.toSorted())
  expect(feed.check(events)).toEqual(CLEAN)
}, 480_000)

test.concurrent('100 are approved, and the source worsens to 5,000 before the approval runs: it is held again, and at most 100 are gone (R10)', async () => {
  await using feed = await LiveFeed.open({ simulator: { listings: 6_000, seed: 42 }, settings: STRICT })
  const { listings } = feed.simulator
  await feed.done('snapshot')
  listings.apply({ action: 'remove', count: 100 })
  expect(await feed.run(['purge'])).toMatchObject({ code: 3 })
  const { sweep } = await shown(feed)

  const more = listings.apply({ action: 'leave', count: 4_900 }).keys
  const approved = await feed.run(['purge', 'approve', sweep, '--max', '100'])
  expect(approved).toMatchObject({ code: 3 })
  expect(approved.stdout).toContain("by the source's own count 5000 of the live records are missing now")
  expect(tally(await feed.read())).toEqual({ SNAPSHOT: 6_000 })
  expect(await shown(feed)).toMatchObject({ sweep, deletes: 100 })

  // What the next sweep finds is another hold; the old approval does not let go of it.
  expect(await feed.run(['purge'])).toMatchObject({ code: 3 })
  expect(await shown(feed)).toMatchObject({ deletes: 5_000 })
  const late = await feed.run(['purge', 'approve', sweep, '--max', '5000'])
  expect(late).toMatchObject({ code: 3, stdout: '' })
  expect(late.stderr).toContain('HOLD_SUPERSEDED')

  listings.apply({ action: 'return', keys: more })
  expect(await feed.run(['purge'])).toMatchObject({ code: 3 })
  const { sweep: last } = await shown(feed)
  expect(await feed.done('purge', 'approve', last, '--max', '100')).toContain('100 deleted')
  const events = await feed.read()
  expect(tally(events)).toEqual({ SNAPSHOT: 6_000, ListingDeleted: 100, Tombstone: 100 })
  expect(feed.check(events)).toEqual(CLEAN)
}, 480_000)
