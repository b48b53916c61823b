import { rm } from 'node:fs/promises'

import { expect, test, vi } from 'vitest'

import { withAdmin } from '../fixtures/kafka-admin.ts'
import { CLEAN } from '../fixtures/topic-checker.ts'
import { HELD_METRIC, IDLE, shown, STRICT } from './held-deletes.ts'
import { LiveDaemon } from './live-daemon.ts'
import { LiveFeed, tally } from './live-feed.ts'

test.concurrent('what is held is shown by key, as CSV too, beside a daemon and without one; a rejection ends it, and nothing is deleted (R10)', async () => {
  await using feed = await LiveFeed.open({ simulator: { listings: 200, seed: 43 }, settings: STRICT })
  await feed.done('snapshot')
  const truth = new Map(feed.simulator.truth().listings)
  const removed = feed.simulator.listings.apply({ action: 'remove', count: 60 }).keys
  expect(await feed.done('purge', 'show')).toBe('nothing of listings is held')
  const columns = 'key,mlsId,reason,evidence,provedAt,lastChangedAt,lastSeenAt,status,price,city,office'
  expect(await feed.done('purge', 'show', '--csv')).toBe(columns)
  const elsewhere = await feed.run(['purge', 'show', '--resource', 'accounts'])
  expect(elsewhere).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('This is listings, without accounts'),
  })
  expect(await feed.run(['purge'])).toMatchObject({
    code: 3,
    stdout: expect.stringContaining('"listingstream purge show"'),
  })

  const { sweep } = await shown(feed)
  const csv = await feed.run(['purge', 'show', sweep, '--csv'])
  expect(csv).toMatchObject({ code: 3 })
  const [head, ...lines] = csv.stdout.trimEnd().split('\n')
  expect(head).toBe(columns)
  const rows = lines.map((line) => line.split(','))
  expect(rows.map(([key]) => key)).toEqual(removed.toSorted())
  for (const [key = '', , reason, evidence, , changedAt, , status, price] of rows) {
    const fields = truth.get(key) ?? {}
    expect([reason, evidence, status]).toEqual(['NOT_IN_SOURCE', 'LIST_QUERY', fields['StandardStatus']])
    expect(price === '' ? null : Number(price)).toBe(fields['ListPrice'] ?? null)
    expect(changedAt).toBe(new Date(String(fields['ModificationTimestamp'])).toISOString())
  }
  expect((await feed.run(['purge', 'show', 'another'])).stderr).toContain('HOLD_SUPERSEDED')

  await using daemon = await LiveDaemon.start(feed, IDLE)
  const beside = await feed.run(['purge', 'show'])
  expect(beside.stdout).toContain(`60 deletes of listings are held since`)
  expect(beside.stdout).toMatch(/by status: .*\d/)
  expect(beside.stdout).toContain(`purge approve ${sweep} --max 60`)
  const status = JSON.parse(await feed.done('status', '--json')) as { held: unknown }
  expect(status.held).toMatchObject([{ resource: 'listings', deletes: 60, sweep }])
  expect(await feed.done('purge', 'reject', sweep)).toContain('the hold of 60 deletes of listings')
  expect(await daemon.metric(HELD_METRIC)).toBe(0)
  expect(
    await daemon.metric('listingstream_passes_total{resource="listings",pass="purge",state="rejected"}'),
  ).toBe(1)
  expect(JSON.parse((await daemon.get('/readyz')).text)).toMatchObject({ held: [] })
  expect(await feed.run(['purge', 'reject', sweep])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('NO_HOLD'),
  })
  expect(tally(await feed.read())).toEqual({ SNAPSHOT: 200 })

  // The next sweep judges anew.
  expect(await feed.run(['purge'])).toMatchObject({ code: 3 })
  const again = await shown(feed)
  expect(again.sweep).not.toBe(sweep)
  expect(again.deletes).toBe(60)
}, 480_000)

test.concurrent('an approval that is killed between its deletes leaves the hold standing; the same command goes on, and no key goes twice (R1, R10)', async () => {
  const settings = { ...STRICT, PAGE_LIMIT: '2' }
  await using feed = await LiveFeed.open({ simulator: { listings: 400, seed: 44 }, settings })
  await feed.done('snapshot')
  const removed = feed.simulator.listings.apply({ action: 'remove', count: 300 }).keys
  expect(await feed.run(['purge'])).toMatchObject({ code: 3 })
  const { sweep } = await shown(feed)
  const killed = feed.start(['purge', 'approve', sweep, '--max', '300'])
  await vi.waitUntil(async () => (await feed.size()) > 400, { timeout: 60_000, interval: 20 })
  await killed.kill('SIGKILL')
  await rm(feed.dataDir, { recursive: true })
  const deleted = async (): Promise<number> => tally(await feed.read())['ListingDeleted'] ?? 0
  expect(await deleted()).toBeLessThan(300)
  expect(await shown(feed)).toMatchObject({ sweep, deletes: 300 })

  expect(await feed.done('purge', 'approve', sweep, '--max', '300')).toContain('listings completed')
  const events = await feed.read()
  expect(tally(events)).toEqual({ SNAPSHOT: 400, ListingDeleted: 300, Tombstone: 300 })
  expect(
    events
      .filter(({ type }) => type === 'ListingDeleted')
      .map(({ key }) => key)
      .toSorted(),
  ).toEqual(removed.toSorted())
  expect(feed.check(events)).toEqual(CLEAN)
}, 480_000)

test.concurrent('where the topic of holds is lost, nothing goes: what is held is still told, cannot be decided on, and is written anew by the next purge (R10)', async () => {
  await using feed = await LiveFeed.open({ simulator: { listings: 150, seed: 46 }, settings: STRICT })
  await feed.done('snapshot')
  feed.simulator.listings.apply({ action: 'remove', count: 60 })
  expect(await feed.run(['purge'])).toMatchObject({ code: 3 })
  const { sweep } = await shown(feed)
  const topic = feed.topic.replace(/listings$/, 'holds')
  await withAdmin((admin) => admin.deleteTopics({ topics: [topic] }))

  await using daemon = await LiveDaemon.start(feed, IDLE)
  expect(await daemon.metric(HELD_METRIC)).toBe(60)
  expect(JSON.parse((await daemon.get('/readyz')).text)).toMatchObject({
    held: [{ detail: '60 deletes are above PURGE_HARD_MAX (50)' }],
  })
  const show = await feed.run(['purge', 'show'])
  expect(show).toMatchObject({ code: 3, stdout: expect.stringContaining('not in the topic of holds') })
  const approved = await feed.run(['purge', 'approve', sweep, '--max', '60'])
  expect(approved).toMatchObject({ code: 1, stderr: expect.stringContaining('NO_HOLD') })
  expect(await feed.run(['purge'])).toMatchObject({ code: 3 })
  expect(await shown(feed)).toMatchObject({ deletes: 60 })
  expect(tally(await feed.read())).toEqual({ SNAPSHOT: 150 })
}, 480_000)

test.concurrent('deletes of other resources are held and approved by themselves', async () => {
  const settings = { ...STRICT, PURGE_HARD_MAX: '5000,accounts=3', RESOURCES: 'listings,accounts' }
  await using feed = await LiveFeed.open({ simulator: { listings: 80, seed: 45 }, settings })
  const of = ['--resource', 'accounts']
  await feed.done('snapshot', ...of)
  const collection = feed.collection('accounts')
  const removed = Array.from({ length: 5 }, () => collection.obey({ action: 'remove' }).keys).flat()
  expect(await feed.run(['purge', ...of])).toMatchObject({ code: 3 })
  expect(await feed.done('purge', 'show')).toBe('nothing of listings is held')
  const hold = await shown(feed, ...of)
  expect(hold.preview.keys.map(({ key }) => key)).toEqual(removed.toSorted())
  expect(await feed.run(['purge', 'approve', hold.sweep, '--max', '4', ...of])).toMatchObject({ code: 3 })
  expect(await feed.done('purge', 'approve', hold.sweep, '--max', '5', ...of)).toContain('5 deleted')
  const gone = (await feed.read('accounts')).filter(({ type }) => type === 'AccountDeleted')
  expect(gone.map(({ key }) => key).toSorted()).toEqual(removed.toSorted())
}, 480_000)
