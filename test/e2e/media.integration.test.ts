import { rm } from 'node:fs/promises'
import { expect, test } from 'vitest'

import { CLEAN } from '../fixtures/topic-checker.ts'
import { tally, type LiveFeed } from './live-feed.ts'
import { expectSameSets, openMedia, setRequests, since } from './media-feed.ts'

const MINUTE_MS = 60_000
const PARTS = ['photos', 'videos', 'documents'] as const
type Part = (typeof PARTS)[number]

const CHANGES = [
  { change: 'add', size: 2 },
  { change: 'reorder' },
  { change: 'replace', position: 2 },
  { change: 'edit', position: 1 },
  { change: 'remove', position: 3 },
  { change: 'clear' },
] as const

function changeSet(feed: LiveFeed, key: string, part: Part, change: object): void {
  feed.simulator.listings.obey({ action: 'media', part, keys: [key], ...change })
}

test.concurrent('each change of a set is one event with all of it, and nothing is said of other listings (R1, R5, R12)', async () => {
  await using feed = await openMedia({ seed: 71 })
  const keys = feed.keys().slice(10, 10 + CHANGES.length)
  for (const key of keys) for (const part of PARTS) changeSet(feed, key, part, { change: 'resize', size: 4 })
  await feed.done('snapshot')
  const before = new Map<Part, Awaited<ReturnType<LiveFeed['read']>>>()
  for (const part of PARTS) {
    const events = await feed.readByConsole(CHANGES.length, `listing-${part}`)
    before.set(part, events)
    expect(Object.keys(tally(events))).toEqual(['SNAPSHOT'])
    await expectSameSets(feed, part)
  }

  for (const part of PARTS) {
    for (const [i, change] of CHANGES.entries()) changeSet(feed, keys[i] ?? '', part, change)
  }
  const big = feed.keys()[40] ?? ''
  changeSet(feed, big, 'photos', { change: 'resize', size: 200 })
  expect(await feed.done('update')).toMatch(
    /7 published.*\n.*listing-photos completed: 7 walked, 7 published\n.*listing-videos completed: 6 walked, 6 published\n.*listing-documents completed: 6 walked, 6 published$/,
  )
  for (const part of PARTS) {
    const changed = part === 'photos' ? [...keys, big] : keys
    const events = since(before.get(part) ?? [], await feed.read(`listing-${part}`))
    expect(events.map(({ key }) => key).toSorted()).toEqual(changed.toSorted())
    expect(tally(events)).toEqual({ UPDATED: changed.length })
    await expectSameSets(feed, part)
  }

  const asked = feed.simulator.requests.latest.length
  const quiet = await feed.done('update')
  expect(quiet).toContain('update of listing-photos completed: 0 walked')
  expect(setRequests(feed.simulator.requests.latest.slice(asked))).toEqual([])
  // Every set is read anew, and none of them is another one.
  expect(await feed.done('snapshot', '--resource', 'listing-photos')).toMatch(
    /completed: \d+ walked, \d+ unchanged$/,
  )
  expect(feed.check(await feed.read())).toEqual(CLEAN)
}, 240_000)

test.concurrent('a set that was read within the overlap of its stamp is read once more after it (docs/spark-api.md §2.9)', async () => {
  await using feed = await openMedia({ seed: 72, subresources: 'photos' })
  const [late = '', prompt = ''] = feed.keys()
  await feed.done('snapshot')
  const before = await feed.read('listing-photos')

  feed.simulator.configure({ setLagMs: 10 * MINUTE_MS })
  changeSet(feed, late, 'photos', { change: 'edit', position: 1 })
  expect(await feed.done('update')).toContain('listing-photos completed: 1 walked, 1 unchanged')
  feed.simulator.configure({ setLagMs: 0 })
  changeSet(feed, prompt, 'photos', { change: 'edit', position: 1 })
  expect(await feed.done('update')).toContain('listing-photos completed: 1 walked, 1 published')
  expect(await feed.done('update')).toContain('listing-photos completed: 0 walked')

  feed.simulator.advanceClock(21 * MINUTE_MS)
  expect(await feed.done('update')).toContain('listing-photos completed: 2 walked, 1 published, 1 unchanged')
  expect(await feed.done('update')).toContain('listing-photos completed: 0 walked')
  expect(tally(since(before, await feed.read('listing-photos')))).toEqual({ UPDATED: 2 })
  await expectSameSets(feed, 'photos')
}, 240_000)

test.concurrent('sets get their tombstone in the transaction that deletes their listing, and come back with it (R13)', async () => {
  await using feed = await openMedia({ seed: 73 })
  await feed.done('snapshot')
  const before = await feed.read('listing-photos')
  const photographed = before.map(({ key }) => key)
  const gone = photographed.slice(0, 3)
  const [left = ''] = gone
  feed.simulator.listings.apply({ action: 'leave', keys: gone })
  expect(await feed.done('purge')).toContain('3 gone, 3 deleted')

  const after = await feed.read('listing-photos')
  expect(since(before, after)).toMatchObject(gone.toSorted().map(() => ({ type: 'Tombstone' })))
  expect(
    since(before, after)
      .map(({ key }) => key)
      .toSorted(),
  ).toEqual(gone.toSorted())
  await expectSameSets(feed, 'photos')

  feed.simulator.listings.apply({ action: 'return', keys: [left] })
  feed.simulator.advanceClock(21 * MINUTE_MS)
  expect(await feed.done('purge')).toMatch(
    /1 missed by updates and read \(1 returned\)\n.*listing-photos completed: 1 walked, 1 published\n/,
  )
  expect(since(after, await feed.read('listing-photos'))).toMatchObject([
    { key: left, value: { change: 'RESTORED' } },
  ])
  await expectSameSets(feed, 'photos')

  const topics = await Promise.all(PARTS.map((part) => feed.read(`listing-${part}`)))
  const asked = feed.simulator.requests.latest.length
  await rm(feed.dataDir, { recursive: true })
  await feed.done('update')
  await feed.done('index', 'check')
  expect(setRequests(feed.simulator.requests.latest.slice(asked))).toEqual([])
  expect(await Promise.all(PARTS.map((part) => feed.read(`listing-${part}`)))).toEqual(topics)
}, 240_000)
