import { rm } from 'node:fs/promises'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { LiveDaemon } from './live-daemon.ts'
import type { LiveFeed } from './live-feed.ts'
import { openMedia } from './media-feed.ts'

interface Event {
  readonly offset: number
  readonly type: string
  readonly why: string | null
  readonly passId: string | null
  readonly deletion: Readonly<Record<string, unknown>> | null
}

interface Report {
  readonly isKnown: boolean
  readonly index: {
    readonly from: string | null
    readonly why: string | null
    readonly known: {
      readonly entry: { readonly state: string; readonly offset: number } | null
      readonly related: readonly { readonly resource: string; readonly owed: boolean | null }[]
    } | null
  }
  readonly history: { readonly events: readonly Event[]; readonly isCut: boolean }
  readonly changed: {
    readonly fields: readonly { readonly path: string; readonly before: unknown; readonly after: unknown }[]
  } | null
  readonly related: readonly { readonly resource: string; readonly last: Event | null }[]
  readonly deadLetters: readonly { readonly reason: string; readonly settledAt: string | null }[]
  readonly writers: readonly { readonly pass: string; readonly passId: string }[]
  readonly passes: readonly { readonly pass: string }[]
  readonly source: { readonly kind: string; readonly parts: number | null } | null
}

async function why(feed: LiveFeed, ...args: readonly string[]): Promise<Report> {
  const { stdout, stderr } = await feed.run(['why', ...args, '--json'])
  if (stdout === '') throw new Error(stderr)
  return JSON.parse(stdout) as Report
}

test('why a listing is so: its events, what changed, its sets and letters, and of a delete the evidence', async () => {
  await using feed = await openMedia({ listings: 30, seed: 81, subresources: 'photos' })
  const { listings } = feed.simulator
  await feed.done('snapshot')
  const [photo] = await feed.read('listing-photos')
  const key = photo?.key ?? ''
  listings.apply({ action: 'set', keys: [key], fields: { City: 'Elsewhere' } })
  await feed.done('update')

  const changed = await why(feed, key)
  expect(changed.history.events.map(({ type, why: reason }) => `${type} ${reason}`)).toEqual([
    'ListingUpserted UPDATED',
    'ListingUpserted SNAPSHOT',
  ])
  expect(changed.index).toMatchObject({
    from: 'index',
    known: { entry: { state: 'live', offset: changed.history.events[0]?.offset } },
  })
  expect(changed.changed?.fields).toContainEqual({
    path: 'standardFields.City',
    before: expect.any(String),
    after: 'Elsewhere',
  })
  expect(changed.related).toMatchObject([
    { resource: 'listing-photos', last: { type: 'ListingPhotosReplaced' } },
  ])
  expect(changed.writers.map(({ pass }) => pass)).toEqual(['update', 'snapshot'])
  expect(changed.source).toBeNull()
  const text = await feed.done('why', key)
  expect(text).toMatch(/standardFields\.City: .* → Elsewhere/)
  expect(text).toContain('ListingUpserted  UPDATED')
  expect((await why(feed, key, '--events', '1')).history).toMatchObject({ events: [{ why: 'UPDATED' }] })
  expect((await why(feed, key, '--resource', 'listing-photos', '--ask')).source).toMatchObject({
    kind: 'shown',
    parts: expect.any(Number),
  })
  await rm(join(feed.dataDir, 'index'), { recursive: true })
  expect((await why(feed, key)).index).toEqual({
    from: null,
    why: 'there is no index in DATA_DIR',
    known: null,
  })

  listings.apply({ action: 'set', keys: [key], fields: { City: 'x'.repeat(1_000_000) } })
  await feed.done('update')
  expect(await why(feed, key)).toMatchObject({
    index: { known: { entry: { state: 'dead_lettered' } } },
    deadLetters: [{ settledAt: null, reason: expect.stringContaining('at most') }],
  })

  listings.apply({ action: 'remove', keys: [key] })
  await feed.done('purge')
  const deleted = await why(feed, key, '--ask')
  expect(deleted.history.events.slice(0, 2)).toMatchObject([
    { type: 'Tombstone' },
    { type: 'ListingDeleted', why: 'NOT_IN_SOURCE', deletion: { evidence: 'LIST_QUERY' } },
  ])
  expect(deleted.source).toMatchObject({ kind: 'gone' })
  expect(await feed.done('why', key)).toMatch(/^deleted:\n(?: {2}.*\n)* {2}evidence: LIST_QUERY$/m)
}, 300_000)

test('a key that nobody knows is said to be one, with exit code 1; a daemon tells of its index', async () => {
  await using feed = await openMedia({ listings: 10, seed: 82, subresources: 'photos' })
  await using daemon = await LiveDaemon.start(feed, { UPDATE_INTERVAL: '1d', PURGE_INTERVAL: '1d' })
  const updated = 'listingstream_passes_total{resource="listings",pass="update",state="completed"}'
  await expect.poll(() => daemon.metric(updated), { timeout: 60_000, interval: 50 }).toBe(1)
  const unknown = await feed.run(['why', '404', '--ask'])
  expect(unknown).toMatchObject({ code: 1, stderr: '' })
  expect(unknown.stdout).toContain('Nobody knows 404 of listings')
  expect(unknown.stdout).toContain('source: does not have it')
  const [key = ''] = feed.keys()
  expect(await why(feed, key, '--ask')).toMatchObject({
    isKnown: true,
    index: { from: 'daemon', known: { entry: { state: 'live' }, related: [{ resource: 'listing-photos' }] } },
    source: { kind: 'shown' },
  })
  expect(await feed.run(['why', 'two words'])).toMatchObject({ code: 2 })
  expect(await daemon.get('/resources/listings/keys/two%20words')).toMatchObject({ status: 400 })
  expect(await daemon.get('/resources/accounts/keys/1')).toMatchObject({ status: 404 })
}, 240_000)
