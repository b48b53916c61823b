import { expect, test } from 'vitest'

import { LiveDaemon } from './live-daemon.ts'
import { LiveFeed, tally } from './live-feed.ts'

interface Preview {
  readonly state: string
  readonly purge: {
    readonly heldBecause: string | null
    readonly preview: {
      readonly keys: readonly {
        readonly key: string
        readonly mlsId: string | null
        readonly facts: Readonly<Record<string, string | number | null>>
        readonly lastChangedAt: string | null
        readonly lastReadAt: string
      }[]
      readonly total: number
      readonly notListed: number
      readonly groups: Readonly<Record<string, readonly { value: string | null; count: number }[]>>
    }
  }
}

function summed(groups: readonly { readonly count: number }[] = []): number {
  return groups.reduce((sum, { count }) => sum + count, 0)
}

test('a dry run says of every delete what it is, in groups too, and ends with 3 where the guard would hold it (R10)', async () => {
  await using feed = await LiveFeed.open({ simulator: { listings: 50, seed: 33 } })
  const { listings } = feed.simulator
  await feed.done('snapshot')
  const truth = new Map(feed.simulator.truth().listings)
  const removed = listings.apply({ action: 'remove', count: 30 }).keys

  const dryRun = await feed.run(['purge', '--dry-run', '--json'])
  expect(dryRun).toMatchObject({ code: 3 })
  const { state, purge } = JSON.parse(dryRun.stdout) as Preview
  expect(state).toBe('dry-run')
  expect(purge.heldBecause).toContain("30 deletes are half of the feed's 50 records or more")
  const { keys, total, notListed, groups } = purge.preview
  expect({ total, notListed }).toEqual({ total: 30, notListed: 0 })
  expect(keys.map(({ key }) => key)).toEqual(removed.toSorted())
  for (const { key, ...known } of keys) {
    const fields = truth.get(key) ?? {}
    expect(known).toMatchObject({
      facts: {
        status: fields['StandardStatus'],
        price: fields['ListPrice'],
        city: fields['City'],
        office: fields['ListOfficeName'],
      },
      lastChangedAt: new Date(String(fields['ModificationTimestamp'])).toISOString(),
    })
    expect(Date.parse(known.lastReadAt)).toBeGreaterThan(Date.now() - 3_600_000)
  }
  for (const group of ['status', 'mlsId', 'city', 'office']) expect(summed(groups[group])).toBe(30)

  const said = await feed.run(['purge', '--dry-run'])
  expect(said).toMatchObject({ code: 3 })
  expect(said.stdout).toMatch(/by status: .*\d/)
  expect(said.stdout).toContain(keys[0]?.key)
  expect(said.stdout.split('\n').length).toBeLessThan(30)
  expect(tally(await feed.read())).toEqual({ SNAPSHOT: 50 })
}, 240_000)

test('of other resources it says by what one knows them', async () => {
  await using feed = await LiveFeed.open({
    simulator: { listings: 100, seed: 35 },
    settings: { RESOURCES: 'accounts,openhouses' },
  })
  const known = {
    accounts: { type: 'UserType', name: 'Name', office: 'Office' },
    openhouses: { listing: 'ListingKey', date: 'Date', end: 'OpenHouseEndTimestamp' },
  }
  for (const [resource, fields] of Object.entries(known)) {
    await feed.done('snapshot', '--resource', resource)
    const collection = feed.collection(resource)
    const truth = collection.truth()
    const [key = ''] = collection.obey({ action: 'remove' }).keys
    const { purge } = JSON.parse(
      await feed.done('purge', '--resource', resource, '--dry-run', '--json'),
    ) as Preview
    const facts = Object.entries(fields).map(([name, field]) => {
      const value = truth.get(key)?.[field] ?? null
      const isTime = typeof value === 'string' && field.endsWith('Timestamp')
      return [name, isTime ? new Date(value).toISOString() : value]
    })
    expect(purge.preview).toMatchObject({ total: 1, keys: [{ key, facts: Object.fromEntries(facts) }] })
  }
}, 240_000)

test('a daemon answers a dry run the same, with 0 where nothing would be held; an empty walk shows all that is known (R8)', async () => {
  await using feed = await LiveFeed.open({ simulator: { listings: 30, seed: 34 } })
  const { listings } = feed.simulator
  await using daemon = await LiveDaemon.start(feed, { UPDATE_INTERVAL: '1d', PURGE_INTERVAL: '1d' })
  const updated = 'listingstream_passes_total{resource="listings",pass="update",state="completed"}'
  await expect.poll(() => daemon.metric(updated), { timeout: 60_000, interval: 50 }).toBe(1)
  listings.apply({ action: 'remove', count: 2 })
  const clear = await feed.run(['purge', '--dry-run', '--json'])
  expect(clear).toMatchObject({ code: 0 })
  expect((JSON.parse(clear.stdout) as Preview).purge).toMatchObject({
    heldBecause: null,
    preview: { total: 2, keys: [{ facts: { status: expect.any(String) } }, {}] },
  })
  listings.apply({ action: 'leave', count: 28 })
  const empty = await feed.run(['purge', '--dry-run', '--json'])
  expect(empty).toMatchObject({ code: 3 })
  expect((JSON.parse(empty.stdout) as Preview).purge).toMatchObject({
    heldBecause: 'the walk came back empty while 30 records are known',
    preview: { total: 30 },
  })
}, 240_000)
