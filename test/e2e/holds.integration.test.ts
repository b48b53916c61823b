import { rm } from 'node:fs/promises'

import { expect, test, vi } from 'vitest'

import { CLEAN } from '../fixtures/topic-checker.ts'
import { LiveDaemon } from './live-daemon.ts'
import { LiveFeed, tally } from './live-feed.ts'

const HELD = 'listingstream_deletes_held{resource="listings"}'
/** Nothing comes by itself. */
const IDLE = { UPDATE_INTERVAL: '1d', PURGE_INTERVAL: '1d' }
/** A hundred deletes are more than it lets through. */
const STRICT = { PURGE_HARD_MAX: '50', PAGE_LIMIT: '1000' }

interface Held {
  readonly hold: {
    readonly sweep: string
    readonly deletes: number
    readonly why: string
    readonly preview: {
      readonly total: number
      readonly keys: readonly { key: string; facts: Readonly<Record<string, unknown>>; lastReadAt: string }[]
      readonly groups: Readonly<Record<string, readonly { value: string | null; count: number }[]>>
    }
  }
}

async function shown(feed: LiveFeed): Promise<Held['hold']> {
  const show = await feed.run(['purge', 'show', '--json'])
  expect(show).toMatchObject({ code: 3 })
  return (JSON.parse(show.stdout) as Held).hold
}

test.concurrent('a hold survives kill -9, a restart and the loss of DATA_DIR, with its keys, and can then be approved: each key is proved anew (R9, R10)', async () => {
  await using feed = await LiveFeed.open({ simulator: { listings: 300, seed: 41 }, settings: STRICT })
  await feed.done('snapshot')
  const removed = feed.simulator.listings.apply({ action: 'remove', count: 100 }).keys
  let sweep: string
  {
    await using daemon = await LiveDaemon.start(feed, IDLE)
    expect(await feed.run(['purge'])).toMatchObject({ code: 3 })
    sweep = (await shown(feed)).sweep
    expect(await daemon.metric(HELD)).toBe(100)
    await daemon.process.kill('SIGKILL')
  }
  await rm(feed.dataDir, { recursive: true })

  await using daemon = await LiveDaemon.start(feed, IDLE)
  expect(await daemon.metric(HELD)).toBe(100)
  const why = '100 deletes are above PURGE_HARD_MAX (50)'
  expect(JSON.parse((await daemon.get('/readyz')).text)).toMatchObject({
    ready: true,
    held: [{ resource: 'listings', detail: why }],
  })
  const hold = await shown(feed)
  expect(hold).toMatchObject({ sweep, deletes: 100, why, preview: { total: 100 } })
  expect(hold.preview.keys.map(({ key }) => key)).toEqual(removed.toSorted())
  expect(JSON.parse((await daemon.get('/resources/listings/hold')).text)).toEqual({ hold })

  const approved = await feed.run(['purge', 'approve', sweep, '--max', '100'])
  expect(approved).toMatchObject({ code: 0 })
  expect(approved.stdout).toContain('100 gone, 100 deleted, 0 still there, 0 inconclusive')
  expect(await daemon.metric(HELD)).toBe(0)
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
}, 240_000)

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
}, 240_000)

test.concurrent('what is held is shown by key, as CSV too, beside a daemon and without one; a rejection ends it, and nothing is deleted (R10)', async () => {
  await using feed = await LiveFeed.open({ simulator: { listings: 200, seed: 43 }, settings: STRICT })
  await feed.done('snapshot')
  const truth = new Map(feed.simulator.truth().listings)
  const removed = feed.simulator.listings.apply({ action: 'remove', count: 60 }).keys
  expect(await feed.done('purge', 'show')).toBe('nothing of listings is held')
  expect(await feed.run(['purge'])).toMatchObject({
    code: 3,
    stdout: expect.stringContaining('"listingstream purge show"'),
  })

  const { sweep } = await shown(feed)
  const csv = await feed.run(['purge', 'show', sweep, '--csv'])
  expect(csv).toMatchObject({ code: 3 })
  const [head, ...lines] = csv.stdout.trimEnd().split('\n')
  expect(head).toBe('key,mlsId,reason,evidence,provedAt,lastChangedAt,lastSeenAt,status,price,city,office')
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
  expect(await daemon.metric(HELD)).toBe(0)
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
}, 240_000)

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
}, 240_000)

test.concurrent('deletes of other resources are held and approved by themselves', async () => {
  const settings = { ...STRICT, PURGE_HARD_MAX: '5000,accounts=3', RESOURCES: 'listings,accounts' }
  await using feed = await LiveFeed.open({ simulator: { listings: 80, seed: 45 }, settings })
  const of = ['--resource', 'accounts']
  await feed.done('snapshot', ...of)
  const collection = feed.collection('accounts')
  const removed = Array.from({ length: 5 }, () => collection.obey({ action: 'remove' }).keys).flat()
  expect(await feed.run(['purge', ...of])).toMatchObject({ code: 3 })
  expect(await feed.done('purge', 'show')).toBe('nothing of listings is held')
  const show = await feed.run(['purge', 'show', ...of, '--json'])
  const { hold } = JSON.parse(show.stdout) as Held
  expect(hold.preview.keys.map(({ key }) => key)).toEqual(removed.toSorted())
  expect(await feed.run(['purge', 'approve', hold.sweep, '--max', '4', ...of])).toMatchObject({ code: 3 })
  expect(await feed.done('purge', 'approve', hold.sweep, '--max', '5', ...of)).toContain('5 deleted')
  const gone = (await feed.read('accounts')).filter(({ type }) => type === 'AccountDeleted')
  expect(gone.map(({ key }) => key).toSorted()).toEqual(removed.toSorted())
}, 240_000)
