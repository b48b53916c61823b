import { expect, test } from 'vitest'

import { uniqueTopicPrefix } from '../fixtures/test-stack.ts'
import { CLEAN } from '../fixtures/topic-checker.ts'
import { ManyMarkets, type MarketsDaemon } from './many-markets.ts'

const PATIENCE = { timeout: 60_000, interval: 100 }
const UPDATED = 'listingstream_passes_total{resource="listings",pass="update",state="completed"}'

test('of three feeds in one process one has its token revoked; the other two go on as if nothing were', async () => {
  await using markets = await ManyMarkets.open(
    3,
    { listings: 40 },
    { UPDATE_INTERVAL: '500ms', PURGE_INTERVAL: '1s', PAGE_LIMIT: '10', KAFKA_PARTITIONS: '1' },
  )
  const [east, revoked, west] = markets.markets
  await using daemon = markets.start('data')
  const updates = async (prefix: string): Promise<number> => (await daemon.metric(UPDATED)).get(prefix) ?? 0
  for (const { prefix } of markets.markets) {
    await expect.poll(() => updates(prefix), PATIENCE).toBeGreaterThan(0)
  }

  revoked!.simulator.configure({ access: 'bad-key' })
  await expect
    .poll(async () => (await daemon.feeds()).get(revoked!.prefix)?.reasons.map(({ code }) => code), PATIENCE)
    .toContain('SPARK_UNAUTHORIZED')
  const before = await Promise.all([east!, west!].map(({ prefix }) => updates(prefix)))
  for (const { simulator } of markets.markets) {
    simulator.listings.apply({ action: 'prices', count: 5 })
    simulator.listings.apply({ action: 'new', count: 2 })
    simulator.listings.apply({ action: 'remove', count: 3 })
  }
  for (const [at, market] of [east!, west!].entries()) {
    await expect.poll(() => updates(market.prefix), PATIENCE).toBeGreaterThan(before[at]! + 2)
    await expect.poll(() => markets.check(market), PATIENCE).toEqual(CLEAN)
    expect((await daemon.get(`/feeds/${market.prefix}/readyz`)).status).toBe(200)
  }
  expect((await daemon.get('/readyz')).status).toBe(200)
  expect((await daemon.get(`/feeds/${revoked!.prefix}/readyz`)).status).toBe(503)

  // Commands find the feed that they are for, and are handed to the daemon below that feed's path.
  expect(await markets.run('data', 'status')).toMatchObject({ code: 2 })
  const status = await markets.run('data', 'status', '--feed', east!.prefix, '--json')
  expect(JSON.parse(status.stdout)).toMatchObject({
    prefix: east!.prefix,
    daemon: { pid: daemon.process.pid, ready: true },
  })
  const update = await markets.run('data', 'update', '--feed', west!.prefix)
  // With a feed of its own it would have told of it.
  expect(update).toMatchObject({ code: 0, stderr: '' })

  revoked!.simulator.configure({ access: 'granted' })
  await expect.poll(() => markets.check(revoked!), PATIENCE).toEqual(CLEAN)
  expect(await daemon.process.kill('SIGTERM')).toMatchObject({ code: 0 })
}, 180_000)

const FEEDS = 30
const LISTINGS = 60
const EVENTS = 'listingstream_events_total{topic="listings",type="ListingUpserted"}'

/** The instance that has each feed open, by prefix. */
async function openFeeds(daemons: readonly MarketsDaemon[]): Promise<ReadonlyMap<string, MarketsDaemon>> {
  const found = await Promise.all(
    daemons.map(async (daemon) => {
      const running = [...(await daemon.feeds()).values()].filter(({ state }) => state === 'running')
      return running.map(({ prefix }) => [prefix, daemon] as const)
    }),
  )
  return new Map(found.flat())
}

test('thirty feeds over three processes, of which one is killed in the middle of downloads: all go on, and nothing is lost or published twice (R1, R2, R3)', async () => {
  await using markets = await ManyMarkets.open(
    FEEDS,
    { listings: LISTINGS },
    {
      GROUP_ID: uniqueTopicPrefix(),
      UPDATE_INTERVAL: '2s',
      PAGE_LIMIT: '5',
      KAFKA_PARTITIONS: '1',
      LAG_INTERVAL: '0s',
    },
  )
  await using one = markets.start('one')
  await using two = markets.start('two')
  await using three = markets.start('three')
  const all = [one, two, three]
  await expect.poll(async () => (await openFeeds(all)).size, PATIENCE).toBe(FEEDS)
  const before = await openFeeds(all)
  const shares = all.map((daemon) => [...before.values()].filter((owner) => owner === daemon).length)
  expect(shares).toEqual([10, 10, 10])
  const theirs = async (daemon: MarketsDaemon, prefix: string): Promise<unknown> =>
    JSON.parse((await daemon.get(`/feeds/${prefix}/livez`)).text)
  const staying = [...before].filter(([, owner]) => owner !== three)
  const instances = await Promise.all(staying.map(([prefix, owner]) => theirs(owner, prefix)))

  // Some of its downloads are done, some have not begun, and one is under way.
  const isUnderWay = async (): Promise<boolean> =>
    [...(await three.metric(EVENTS)).values()].some((count) => count > 0 && count < LISTINGS)
  await expect.poll(isUnderWay, { ...PATIENCE, interval: 5 }).toBe(true)
  const killedAt = performance.now()
  await three.process.kill('SIGKILL')
  const survivors = [one, two]
  await expect.poll(async () => (await openFeeds(survivors)).size, PATIENCE).toBe(FEEDS)
  const seconds = ((performance.now() - killedAt) / 1000).toFixed(1)
  process.stdout.write(`All ${FEEDS} feeds go on ${seconds} s after the end of one of three processes.\n`)

  // Those that had not to move have not been opened again.
  expect(await Promise.all(staying.map(([prefix, owner]) => theirs(owner, prefix)))).toEqual(instances)
  for (const { simulator } of markets.markets) {
    simulator.listings.apply({ action: 'prices', count: 3 })
    simulator.listings.apply({ action: 'new', count: 2 })
  }
  for (const market of markets.markets) {
    await expect.poll(() => markets.check(market), { timeout: 90_000, interval: 500 }).toEqual(CLEAN)
  }

  // It comes back with the index that it had, and is given its share by those who have more.
  await using again = markets.start('three')
  const daemons = [one, two, again]
  const counts = async (): Promise<readonly number[]> => {
    const owners = [...(await openFeeds(daemons)).values()]
    return daemons.map((daemon) => owners.filter((owner) => owner === daemon).length)
  }
  await expect.poll(counts, PATIENCE).toEqual([10, 10, 10])
  const feedsOf = (owners: ReadonlyMap<string, MarketsDaemon>, daemon: MarketsDaemon): readonly string[] =>
    [...owners].flatMap(([prefix, owner]) => (owner === daemon ? [prefix] : [])).toSorted()
  expect(feedsOf(await openFeeds(daemons), again)).toEqual(feedsOf(before, three))
  // One that leaves says so: the others need not wait until they miss it.
  expect(await two.process.kill('SIGTERM')).toMatchObject({ code: 0 })
  await expect.poll(async () => (await openFeeds([one, again])).size, PATIENCE).toBe(FEEDS)
  for (const market of markets.markets) expect(await markets.check(market)).toEqual(CLEAN)
}, 300_000)

test('an instance that was suspended finds its feeds elsewhere, lets go of them, and is given its share again (R3)', async () => {
  await using markets = await ManyMarkets.open(
    4,
    { listings: 20 },
    { GROUP_ID: uniqueTopicPrefix(), UPDATE_INTERVAL: '500ms', KAFKA_PARTITIONS: '1', LAG_INTERVAL: '0s' },
  )
  await using one = markets.start('one')
  await using two = markets.start('two')
  const both = [one, two]
  const counts = async (): Promise<readonly number[]> => {
    const owners = [...(await openFeeds(both)).values()]
    return both.map((daemon) => owners.filter((owner) => owner === daemon).length)
  }
  await expect.poll(counts, PATIENCE).toEqual([2, 2])
  process.kill(two.process.pid, 'SIGSTOP')
  await expect.poll(async () => (await openFeeds([one])).size, PATIENCE).toBe(4)
  for (const { simulator } of markets.markets) simulator.listings.apply({ action: 'prices', count: 5 })
  process.kill(two.process.pid, 'SIGCONT')
  await two.process.logged('the group has gone on without this instance', AbortSignal.timeout(60_000))
  await expect.poll(counts, PATIENCE).toEqual([2, 2])
  for (const { simulator } of markets.markets) simulator.listings.apply({ action: 'new', count: 3 })
  for (const market of markets.markets) {
    await expect.poll(() => markets.check(market), PATIENCE).toEqual(CLEAN)
  }
  expect(one.process.running && two.process.running).toBe(true)
}, 180_000)
