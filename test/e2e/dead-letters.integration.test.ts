import { randomBytes } from 'node:crypto'

import { expect, test } from 'vitest'

import { readTopic } from '../fixtures/read-topic.ts'
import { LiveDaemon } from './live-daemon.ts'
import { LiveFeed } from './live-feed.ts'

const TOO_LARGE = 'x'.repeat(1_000_000)
/** Does not compress: its letter needs several parts. */
const NOISE = randomBytes(1_500_000).toString('base64')

/** Without a new stamp: unless it has changed lately, no update shows the listing, only who asks for its key sees it. */
function set(feed: LiveFeed, key: string, fields: Readonly<Record<string, string | number>>): void {
  feed.simulator.listings.apply({ action: 'set', keys: [key], fields, stamp: false })
}

interface Listed {
  readonly key: string
  readonly reason: string
  readonly bytes: number
  readonly settledAt: string | null
  readonly record?: { readonly Id: string; readonly StandardFields: Readonly<Record<string, unknown>> }
}

async function list(feed: LiveFeed, ...flags: readonly string[]): Promise<readonly Listed[]> {
  const lines = (await feed.done('dead-letters', 'list', '--json', ...flags)).split('\n')
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Listed)
}

test('dead letters are listed whole, retried, and settled in the transaction that publishes them; retried twice publishes nothing (R5, R12)', async () => {
  await using feed = await LiveFeed.open({ simulator: { listings: 20, seed: 95 } })
  const [large = '', noisy = '', back = '', gone = '', stays = '', unkeyed = ''] = feed.keys()
  const backToCity = String(fieldsOf(feed, back)['City'])
  set(feed, large, { PublicRemarks: TOO_LARGE })
  set(feed, noisy, { PublicRemarks: NOISE })
  set(feed, unkeyed, { ListingKey: 'two words' })
  expect(await feed.done('snapshot')).toContain('17 published, 3 dead_lettered')
  const { listings } = feed.simulator
  for (const key of [back, gone, stays]) {
    listings.apply({ action: 'set', keys: [key], fields: { City: TOO_LARGE } })
  }
  expect(await feed.done('update')).toContain('3 dead_lettered')

  const letters = await list(feed, '--raw')
  expect(letters.map(({ key }) => key).toSorted()).toEqual(
    [large, noisy, back, gone, stays, expect.stringMatching(/^[0-9a-f]{32}$/)].toSorted(byText),
  )
  for (const key of [large, noisy, back]) {
    const letter = letters.find((candidate) => candidate.key === key)
    expect(letter).toMatchObject({ reason: expect.stringContaining('at most'), settledAt: null })
    expect(letter?.record).toEqual(servedOf(feed, key))
    expect(letter?.bytes).toBe(Buffer.byteLength(JSON.stringify(letter?.record)))
  }
  const table = (await feed.done('dead-letters', 'list')).split('\n')
  expect(table).toHaveLength(7)
  expect(table[0]).toMatch(/^TOPIC +KEY +BYTES +WHEN +PASS +STATE +REASON$/)

  set(feed, large, { PublicRemarks: 'Short.' })
  set(feed, noisy, { PublicRemarks: 'Quiet.' })
  listings.apply({ action: 'leave', keys: [gone] })
  const before = await feed.size()
  const one = await feed.run(['dead-letters', 'retry', large, 'nobody'])
  expect(one).toMatchObject({ code: 0, stdout: expect.stringContaining(`${large} settled`) })
  expect(one.stdout).toContain('nobody has no dead letter')
  const none = await feed.run(['dead-letters', 'retry', 'nobody'])
  expect(none).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('NO_DEAD_LETTER') })
  expect(await feed.size()).toBe(before + 1)

  set(feed, back, { City: backToCity })
  const all = await feed.run(['dead-letters', 'retry', '--all'])
  expect(all.code).toBe(1)
  expect(all.stdout).toContain(`${noisy} settled`)
  expect(all.stdout).toContain(`${back} settled`)
  expect(all.stdout).toContain(`${gone} is not shown`)
  expect(all.stdout).toContain(`${stays} still cannot be published: The record has`)
  expect(all.stdout).toContain('has no key to ask for')
  expect(all.stdout).toContain('2 settled, 3 still waiting')
  // The one that came back to what the topic says is no news.
  expect(await feed.size()).toBe(before + 2)
  expect((await list(feed)).map(({ key }) => key)).not.toContain(back)
  expect((await list(feed)).length).toBe(3)
  const settled = (await list(feed, '--all')).filter(({ settledAt }) => settledAt !== null)
  expect(settled.map(({ key }) => key).toSorted()).toEqual([large, noisy, back].toSorted())

  const again = await feed.run(['dead-letters', 'retry', '--all'])
  expect(again).toMatchObject({ code: 1, stdout: expect.stringContaining('0 settled, 3 still waiting') })
  expect(await feed.size()).toBe(before + 2)

  // As a client sees the letters that is not ours.
  const topic = feed.topic.replace(/listings$/, 'dead-letters')
  const records = await readTopic(topic, { atLeast: 1 }, AbortSignal.timeout(100_000))
  const last = new Map(records.map((record) => [String(record.key), record.value]))
  for (const key of [large, noisy, back]) {
    expect([last.get(`${feed.topic}/${key}`), last.get(`${feed.topic}/${key}/1`)]).toEqual([null, null])
  }
  // The purge deletes what is gone, and its letter goes with it.
  expect(await feed.done('purge')).toContain('1 deleted')
  expect((await list(feed)).map(({ key }) => key)).not.toContain(gone)
  expect(await feed.done('index', 'check')).toContain('agree')
}, 300_000)

test('a retry beside a daemon is handed to it; after a lost index it still settles what is published (R2, R12)', async () => {
  await using feed = await LiveFeed.open({ simulator: { listings: 10, seed: 96 } })
  const [key = ''] = feed.keys()
  const city = String(fieldsOf(feed, key)['City'])
  {
    await using daemon = await LiveDaemon.start(feed, { UPDATE_INTERVAL: '1d', PURGE_INTERVAL: '1d' })
    const updates = 'listingstream_passes_total{resource="listings",pass="update",state="completed"}'
    await expect.poll(() => daemon.metric(updates), { timeout: 60_000 }).toBe(1)
    feed.simulator.listings.apply({ action: 'set', keys: [key], fields: { City: TOO_LARGE } })
    const failed = await feed.run(['dead-letters', 'retry', '--all'])
    expect(failed).toMatchObject({ code: 0, stdout: expect.stringContaining('1 dead_lettered') })
    const still = await feed.run(['dead-letters', 'retry', key])
    expect(still).toMatchObject({ code: 1, stdout: expect.stringContaining(`${key} still cannot`) })
    expect(await daemon.metric(updates)).toBe(3)
    expect(await daemon.process.kill('SIGTERM')).toMatchObject({ code: 0 })
  }
  const size = await feed.size()
  await feed.done('index', 'rebuild')
  set(feed, key, { City: city })
  expect(await feed.done('dead-letters', 'retry', key)).toContain('1 settled, 0 still waiting')
  expect(await list(feed)).toEqual([])
  expect(await feed.size()).toBe(size)
}, 240_000)

test('a retry of nothing in particular, and a list without a feed, are refused with exit code 2', async () => {
  await using feed = await LiveFeed.open({ simulator: { listings: 1, seed: 97 } })
  expect(await feed.run(['dead-letters', 'retry'])).toMatchObject({ code: 2 })
  expect(await feed.run(['dead-letters', 'retry', '1', '--all'])).toMatchObject({ code: 2 })
  const unknown = await feed.run(['dead-letters', 'list'])
  expect(unknown).toMatchObject({ code: 2, stderr: expect.stringContaining('TOPIC_MISSING') })
})

type Served = NonNullable<Listed['record']>

function servedOf(feed: LiveFeed, key: string): Served | undefined {
  const served = [...feed.simulator.truthLines()].map((line) => JSON.parse(line) as Served)
  return served.find(({ Id }) => Id === key)
}

function fieldsOf(feed: LiveFeed, key: string): Served['StandardFields'] {
  return servedOf(feed, key)?.StandardFields ?? {}
}

function byText(a: unknown, b: unknown): number {
  return String(a) < String(b) ? -1 : 1
}
