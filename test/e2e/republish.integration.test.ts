import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { CLEAN } from '../fixtures/topic-checker.ts'
import { LiveDaemon } from './live-daemon.ts'
import { LiveFeed, pageRequests, tally } from './live-feed.ts'
import { openMedia, setRequests, since } from './media-feed.ts'

/** A republish is the one thing that says the same twice. */
const REPEATED = { ...CLEAN, duplicated: expect.any(Array), outOfOrder: expect.any(Array) }

interface Report {
  readonly passId: string
  readonly state: string
  readonly republished: {
    readonly keys: readonly { readonly key: string; readonly fate: string }[] | null
    readonly left: { readonly count: number; readonly keys: readonly string[] } | null
  }
}

test('certain keys are published again without a change; what is not shown is listed and stays, what has changed is an update', async () => {
  await using feed = await LiveFeed.open({ simulator: { listings: 20, seed: 61 } })
  const { listings } = feed.simulator
  await feed.done('snapshot')
  const before = await feed.read()
  const [same = '', other = '', changed = '', gone = ''] = feed.keys()
  listings.apply({ action: 'set', keys: [changed], fields: { City: 'Elsewhere' } })
  listings.apply({ action: 'remove', keys: [gone] })
  const file = join(feed.folder, 'keys.txt')
  await writeFile(file, `${other}\n\n${changed}\n`)

  const exit = await feed.run(['republish', '--keys', `${same},${gone}`, '--keys-file', file, '--json'])
  expect(exit.code).toBe(1)
  const { state, republished } = JSON.parse(exit.stdout) as Report
  expect(state).toBe('completed')
  expect(republished).toEqual({
    keys: [
      { key: same, fate: 'republished', deletedSince: null },
      { key: gone, fate: 'not_shown', deletedSince: null },
      { key: other, fate: 'republished', deletedSince: null },
      { key: changed, fate: 'changed', deletedSince: null },
    ],
    left: null,
  })
  const news = since(before, await feed.read())
  expect(news.map(({ key, value }) => `${key} ${(value as { change: string }).change}`).toSorted()).toEqual(
    [`${same} REPUBLISHED`, `${other} REPUBLISHED`, `${changed} UPDATED`].toSorted(),
  )
  const contentOf = (key: string) =>
    [before, news].map((events) => events.find((event) => event.key === key)?.value as { listing: unknown })
  const [was, is] = contentOf(same)
  expect(is?.listing).toEqual(was?.listing)

  // What is published again is no change to the passes that follow.
  expect(await feed.done('update')).toMatch(/\d+ unchanged$/)
  expect(await feed.done('republish', '--keys', same)).toContain(`${same} republished`)
  expect(await feed.run(['republish'])).toMatchObject({ code: 2 })
  expect(await feed.run(['republish', '--all', '--keys', same])).toMatchObject({ code: 2 })
  expect(await feed.run(['republish', '--keys', 'two words'])).toMatchObject({ code: 2 })
  expect(await feed.run(['republish', '--keys-file', `${file}.not`])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('[KEYS_UNUSABLE]'),
  })
  expect(await feed.done('index', 'check')).toContain('agree')
}, 240_000)

test('everything is published again once, under one pass id, whatever kills it in between (R1, R2)', async () => {
  const LISTINGS = 240
  await using feed = await LiveFeed.open({ simulator: { listings: LISTINGS, seed: 62 } })
  await feed.done('snapshot')
  const before = await feed.read()
  const requested = (): number => pageRequests(feed.simulator.requests.latest).length
  for (const pages of [8, 6]) {
    const moment = requested() + pages
    await using republish = feed.start(['republish', '--all'])
    await expect.poll(requested, { timeout: 60_000, interval: 1 }).toBeGreaterThanOrEqual(moment)
    expect(await republish.kill('SIGKILL')).toMatchObject({ signal: 'SIGKILL' })
  }
  const [key = ''] = feed.keys()
  expect(await feed.run(['republish', '--keys', key])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('[REPUBLISH_UNFINISHED]'),
  })
  const { passId, republished } = JSON.parse(await feed.done('republish', '--all', '--json')) as Report
  expect(republished).toEqual({ keys: null, left: { count: 0, keys: [] } })
  const news = since(before, await feed.read())
  expect(tally(news)).toEqual({ REPUBLISHED: LISTINGS })
  expect(new Set(news.map((event) => event.key)).size).toBe(LISTINGS)
  expect(new Set(news.map(({ value }) => (value as { passId: string }).passId))).toEqual(new Set([passId]))
  expect(feed.check(await feed.read())).toEqual(REPEATED)
}, 240_000)

test('a daemon does it, and goes on with what an earlier process left', async () => {
  await using feed = await LiveFeed.open({ simulator: { listings: 120, seed: 63 } })
  await feed.done('snapshot')
  const before = await feed.read()
  const requested = (): number => pageRequests(feed.simulator.requests.latest).length
  const moment = requested() + 6
  {
    await using republish = feed.start(['republish', '--all'])
    await expect.poll(requested, { timeout: 60_000, interval: 1 }).toBeGreaterThanOrEqual(moment)
    await republish.kill('SIGKILL')
  }
  await using daemon = await LiveDaemon.start(feed, { UPDATE_INTERVAL: '1d', PURGE_INTERVAL: '1d' })
  const completed = 'listingstream_passes_total{resource="listings",pass="republish",state="completed"}'
  await expect.poll(() => daemon.metric(completed), { timeout: 60_000, interval: 50 }).toBe(1)
  expect(tally(since(before, await feed.read()))).toEqual({ REPUBLISHED: 120 })
  const [key = '', other = ''] = feed.keys()
  expect(await feed.done('republish', '--keys', `${key},${other}`)).toContain('2 republished')
  expect(await daemon.metric(completed)).toBe(2)
  expect(tally(since(before, await feed.read()))).toEqual({ REPUBLISHED: 122 })
  expect(await daemon.process.kill('SIGTERM')).toMatchObject({ code: 0 })
}, 240_000)

test('sets are published again, some or all, each once however it is killed; a listing that is unknown has none (R1, R2)', async () => {
  const settings = { MEDIA_FETCH: 'single' }
  await using feed = await openMedia({ listings: 240, seed: 64, subresources: 'photos', settings })
  await feed.done('snapshot')
  const before = await feed.read('listing-photos')
  const [key = ''] = before.map((event) => event.key)
  const some = await feed.run(['republish', '--resource', 'listing-photos', '--keys', `${key},404`])
  expect(some).toMatchObject({ code: 1, stdout: expect.stringContaining('404 has none') })
  const first = since(before, await feed.read('listing-photos'))
  expect(first.map((event) => event.key)).toEqual([key])
  expect(tally(first)).toEqual({ REPUBLISHED: 1 })

  const between = await feed.read('listing-photos')
  const asked = (): number => setRequests(feed.simulator.requests.latest, 'photos').length
  const moment = asked() + 90
  await using republish = feed.start(['republish', '--resource', 'listing-photos', '--all'])
  await expect.poll(asked, { timeout: 60_000, interval: 1 }).toBeGreaterThanOrEqual(moment)
  await republish.kill('SIGKILL')
  const partly = since(between, await feed.read('listing-photos')).length
  expect(partly).toBeGreaterThan(0)
  expect(partly).toBeLessThan(before.length)
  await feed.done('republish', '--resource', 'listing-photos', '--all')
  const all = since(between, await feed.read('listing-photos'))
  expect(tally(all)).toEqual({ REPUBLISHED: before.length })
  expect(new Set(all.map((event) => event.key)).size).toBe(before.length)
  expect(new Set(all.map(({ value }) => (value as { passId: string }).passId)).size).toBe(1)
  expect(await feed.done('index', 'check')).toContain('agree')
}, 240_000)

test('its row follows each event', async () => {
  await using feed = await LiveFeed.open({
    simulator: { listings: 10, seed: 65 },
    settings: { ROW_TOPICS: 'true' },
  })
  await feed.done('snapshot')
  const rows = await feed.read('listing-rows')
  const [key = ''] = feed.keys()
  await feed.done('republish', '--keys', key)
  const after = await feed.read('listing-rows')
  expect(after).toHaveLength(rows.length + 1)
  const ofKey = after.filter((event) => event.key === key).map(({ value }) => value as { City: unknown })
  expect(ofKey).toHaveLength(2)
  expect(ofKey[1]?.City).toEqual(ofKey[0]?.City)
}, 180_000)
