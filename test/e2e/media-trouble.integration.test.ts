import { expect, test, vi } from 'vitest'

import { LiveDaemon } from './live-daemon.ts'
import { tally } from './live-feed.ts'
import { expectSameSets, openMedia, setRequests, since } from './media-feed.ts'

const PATIENCE = { timeout: 60_000, interval: 50 }

test.concurrent.each([403, 200] as const)(
  'sets that the API refuses to the key, with HTTP %i, are left alone and said to be, and come when it gives them (R8)',
  async (status) => {
    await using feed = await openMedia({ seed: 74, subresources: 'photos,documents' })
    const { simulator } = feed
    simulator.configure({ forbiddenServices: { '/v1/listings/{Id}/photos': status } })
    const refused = await feed.run(['snapshot'])
    expect(refused.code).toBe(1)
    expect(refused.stdout).toMatch(
      /listing-photos failed: 0 walked, 6\d refused to the key, asked again by the next pass\n.*listing-documents completed: \d+ walked, \d+ published\n$/,
    )
    expect(refused.stderr).toContain('the API refuses these sets to the key')
    // Three of one MLS say enough, and there are two; a few are under way by then.
    expect(setRequests(simulator.requests.latest, 'photos').length).toBeLessThanOrEqual(16)
    expect(await feed.read('listing-photos')).toEqual([])

    await using daemon = await LiveDaemon.start(feed, { UPDATE_INTERVAL: '300ms' })
    const reason = { resource: 'listing-photos', code: 'SPARK_NOT_PERMITTED' }
    await vi.waitFor(async () => {
      const shown: unknown = JSON.parse((await daemon.get('/readyz')).text)
      expect(shown).toMatchObject({ ready: true, refusedSets: [reason, reason] })
    }, PATIENCE)
    const updates = 'listingstream_passes_total{resource="listings",pass="update",state="completed"}'
    const moreUpdates = async (): Promise<void> => {
      const before = await daemon.metric(updates)
      await vi.waitUntil(async () => (await daemon.metric(updates)) > before + 2, PATIENCE)
    }
    // By then no request is under way.
    await moreUpdates()
    const asked = simulator.requests.latest.length
    simulator.listings.obey({ action: 'media', part: 'photos', count: 5, change: 'add' })
    await moreUpdates()
    expect(setRequests(simulator.requests.latest.slice(asked))).toEqual([])
    expect(await feed.done('status')).toMatch(
      /^Sets +listing-photos: 0; not filled yet; 6\d owed; REFUSED by SPARK_NOT_PERMITTED for MLS \d+, \d+:/m,
    )
    await daemon.process.kill('SIGTERM')

    simulator.configure({ forbiddenServices: {} })
    expect(await feed.done('update')).toMatch(
      /snapshot of listing-photos completed: \d+ walked, \d+ published/,
    )
    await expectSameSets(feed, 'photos')
  },
  240_000,
)

test.concurrent('a set over which the API stumbles holds up nothing, and is tried again (docs/spark-api.md §3.3)', async () => {
  await using feed = await openMedia({ seed: 75, subresources: 'photos' })
  const { simulator } = feed
  const [key = ''] = feed.keys()
  simulator.listings.obey({ action: 'media', part: 'photos', keys: [key], change: 'add' })
  simulator.configure({ brokenParts: { [key]: ['photos'] } })
  const unread = ', 1 could not be read, asked again by the next pass'
  const filled = await feed.run(['snapshot'])
  expect(filled.code).toBe(1)
  expect(filled.stdout).toMatch(
    new RegExp(`listing-photos completed: \\d+ walked, \\d+ published${unread}\n$`),
  )
  const asked = await feed.run(['update'])
  expect(asked.code).toBe(1)
  expect(asked.stdout).toContain(`update of listing-photos completed: 0 walked${unread}`)
  expect(await feed.done('status')).toMatch(/^Sets +listing-photos: .*; 1 owed$/m)
  const first = await feed.read('listing-photos')
  expect(first.map((event) => event.key)).not.toContain(key)

  await using daemon = await LiveDaemon.start(feed, { UPDATE_INTERVAL: '300ms' })
  const owed = 'listingstream_sets_owed{resource="listing-photos"}'
  await vi.waitUntil(async () => (await daemon.metric(owed)) === 1, PATIENCE)
  await daemon.process.kill('SIGTERM')
  simulator.configure({ brokenParts: {} })
  expect(await feed.done('update')).toContain('listing-photos completed: 1 walked, 1 published')
  await expectSameSets(feed, 'photos')
}, 240_000)

test.concurrent('sets that a list does not show, whatever it was asked for, are asked for one by one (docs/spark-api.md §2.5)', async () => {
  await using feed = await openMedia({
    seed: 79,
    subresources: 'photos',
    settings: { MEDIA_FETCH: 'expand' },
  })
  const { simulator } = feed
  simulator.configure({ hiddenExpansions: ['Photos'] })
  await feed.done('snapshot')
  await expectSameSets(feed, 'photos')
  const emptied = feed.keys().slice(0, 3)
  simulator.listings.obey({ action: 'media', part: 'photos', keys: emptied, change: 'clear' })
  const before = await feed.read('listing-photos')
  expect(await feed.done('update')).toContain('listing-photos completed: 3 walked, 3 published')
  expect(since(before, await feed.read('listing-photos')).map(({ value }) => value)).toMatchObject(
    emptied.map(() => ({ photoSet: { fields: { Photos: [] } } })),
  )

  simulator.configure({ hiddenExpansions: [] })
  const asked = simulator.requests.latest.length
  expect(await feed.done('snapshot', '--resource', 'listing-photos')).toMatch(/ \d+ walked, \d+ unchanged$/)
  expect(setRequests(simulator.requests.latest.slice(asked), 'photos').length).toBeLessThanOrEqual(2)
}, 240_000)

test.concurrent('attributes that no page names and masked ones are kept (R12)', async () => {
  await using feed = await openMedia({ seed: 76, subresources: 'photos,rooms' })
  feed.simulator.configure({ unknownPartAttributes: true, maskedPartAttributes: ['Caption', 'Uri1024'] })
  await feed.done('snapshot')
  await expectSameSets(feed, 'photos')
  await expectSameSets(feed, 'rooms')
  const [event] = await feed.read('listing-photos')
  expect(event?.value).toMatchObject({ photoSet: { maskedFields: ['Photos.Caption', 'Photos.Uri1024'] } })
}, 240_000)

test.concurrent('sets without a stamp follow that of their listing, and all are read in each MEDIA_FULL_INTERVAL', async () => {
  const parts = ['rooms', 'openhouses', 'floorplans', 'virtualtours', 'units'] as const
  await using feed = await openMedia({ seed: 77, subresources: parts.join(',') })
  const { simulator } = feed
  const roomsOf = (keys: readonly string[]): void => {
    simulator.listings.obey({ action: 'media', part: 'rooms', keys, change: 'add' })
  }
  await feed.done('snapshot')
  for (const part of parts) await expectSameSets(feed, part)
  const before = await feed.read('listing-rooms')
  const [told = '', untold = '', touched = ''] = feed.keys()
  roomsOf([told])
  simulator.listings.apply({ action: 'touch', keys: [touched] })
  expect(await feed.done('update')).toContain('listing-rooms completed: 2 walked, 1 published, 1 unchanged')
  expect(await feed.done('update')).toContain('listing-rooms completed: 0 walked')

  simulator.configure({ partsMoveStamp: false })
  roomsOf([untold])
  expect(await feed.done('update')).toContain('listing-rooms completed: 0 walked')
  await using daemon = await LiveDaemon.start(feed, { UPDATE_INTERVAL: '1s', MEDIA_FULL_INTERVAL: '2s' })
  const cycles = 'listingstream_passes_total{resource="listing-rooms",pass="snapshot",state="completed"}'
  await vi.waitUntil(async () => (await daemon.metric(cycles)) >= 2, PATIENCE)
  await daemon.process.kill('SIGTERM')
  expect(since(before, await feed.read('listing-rooms')).map(({ key }) => key)).toEqual(
    expect.arrayContaining([told, untold]),
  )
  expect(tally(since(before, await feed.read('listing-rooms')))).toEqual({ UPDATED: 2 })
  for (const part of parts) await expectSameSets(feed, part)
}, 240_000)

test.concurrent('sets that are added to a feed fill their topic by themselves; what is left of an earlier time goes (R5, R13)', async () => {
  await using feed = await openMedia({ seed: 78, subresources: '' })
  const { simulator } = feed
  await feed.done('snapshot')
  const listings = await feed.read()
  const added = await feed.run(['update'], { SUBRESOURCES: 'photos' })
  expect(added.stdout).toMatch(/snapshot of listing-photos completed: \d+ walked, \d+ published/)
  expect(await feed.read()).toEqual(listings)
  await expectSameSets(feed, 'photos')
  const photos = await feed.read('listing-photos')

  // Without them, nothing is said of them, whatever happens to their listings.
  const gone = photos.slice(0, 2).map(({ key }) => key)
  simulator.listings.apply({ action: 'remove', keys: gone })
  const changed = photos[4]?.key ?? ''
  simulator.listings.obey({ action: 'media', part: 'photos', keys: [changed], change: 'add' })
  await feed.done('purge')
  await feed.done('update')
  expect(await feed.read('listing-photos')).toEqual(photos)

  await feed.run(['update'], { SUBRESOURCES: 'photos' })
  const news = since(photos, await feed.read('listing-photos'))
  expect(tally(news)).toEqual({ Tombstone: 2, UPDATED: 1 })
  expect(
    news
      .filter(({ type }) => type === 'Tombstone')
      .map(({ key }) => key)
      .toSorted(),
  ).toEqual(gone.toSorted())
  await expectSameSets(feed, 'photos')
}, 240_000)
