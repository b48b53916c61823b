import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'

import { CLEAN, type Verdict } from '../fixtures/topic-checker.ts'
import { LiveDaemon } from './live-daemon.ts'
import { LiveFeed } from './live-feed.ts'

const PATIENCE = { timeout: 90_000, interval: 250 }
const PURGES = 'listingstream_passes_total{resource="listings",pass="purge",state="completed"}'

type Fields = Readonly<Record<string, unknown>>

/** A feed whose scope is changed, and what its topic has to hold then. */
class ScopedFeed {
  readonly feed: LiveFeed
  #isInScope: (fields: Fields) => boolean = () => true
  /** Keys that were out of scope at some time: their deletes are no false ones. */
  readonly #left = new Set<string>()

  constructor(feed: LiveFeed) {
    this.feed = feed
  }

  async writeFilter(filter: string): Promise<void> {
    const settings = JSON.stringify({ LISTINGS_FILTER: filter })
    await writeFile(join(this.feed.folder, 'listingstream.config.json'), settings)
  }

  async setScope(filter: string, isInScope: (fields: Fields) => boolean): Promise<void> {
    await this.writeFilter(filter)
    this.#isInScope = isInScope
    for (const key of this.#outside()) this.#left.add(key)
  }

  #outside(): ReadonlySet<string> {
    const listings = [...this.feed.simulator.listings.truth()]
    return new Set(listings.filter(([, fields]) => !this.#isInScope(fields)).map(([key]) => key))
  }

  /** As if the source had what is in scope, and nothing else; `missingDeletes` are keys that are out of it. */
  async verdict(): Promise<Verdict> {
    const events = await this.feed.read()
    const outside = this.#outside()
    // Also of what came after the scope: the one before may have let it in.
    for (const key of outside) this.#left.add(key)
    const { lost, missingDeletes, ...verdict } = this.feed.check(events, [...this.#left])
    const last = new Map(events.map(({ key, type }) => [key, type]))
    const stayed = [...last].filter(([key, type]) => type === 'ListingUpserted' && outside.has(key))
    return {
      ...verdict,
      lost: lost.filter((finding) => !outside.has(finding.slice(0, finding.indexOf(':')))),
      missingDeletes: [...missingDeletes, ...stayed.map(([key]) => key)],
    }
  }
}

test('the scope is changed three times under a daemon while the market moves: each time the topic comes to hold exactly what is in scope, and nothing of the rest is published', async () => {
  await using feed = await LiveFeed.open({ simulator: { listings: 120, seed: 612, mlsCount: 2 } })
  const { listings } = feed.simulator
  const mls = String([...listings.truth().values()][0]?.['MlsId'])
  const scoped = new ScopedFeed(feed)
  const ofType =
    (types: string) =>
    ({ PropertyType: type }: Fields): boolean =>
      types.includes(String(type))

  await scoped.setScope("PropertyType Eq 'A'", ofType('A'))
  await using daemon = await LiveDaemon.start(feed, { UPDATE_INTERVAL: '300ms', PURGE_INTERVAL: '1d' })
  await expect.poll(() => scoped.verdict(), PATIENCE).toEqual(CLEAN)

  const scopes = [
    ["PropertyType Eq 'A','B','C'", ofType('ABC')],
    ["PropertyType Eq 'B'", ofType('B')],
    [
      `PropertyType Eq 'C' Or MlsId Eq '${mls}'`,
      (fields: Fields) => ofType('C')(fields) || fields['MlsId'] === mls,
    ],
  ] as const
  for (const [filter, isInScope] of scopes) {
    const purges = await daemon.metric(PURGES)
    await scoped.setScope(filter, isInScope)
    process.kill(daemon.process.pid, 'SIGHUP')
    listings.apply({ action: 'prices', count: 5 })
    listings.apply({ action: 'new', count: 3 })
    await expect.poll(() => daemon.metric(PURGES), PATIENCE).toBeGreaterThan(purges)
    listings.apply({ action: 'prices', count: 5 })
    await expect.poll(() => scoped.verdict(), PATIENCE).toEqual(CLEAN)
    const status: unknown = JSON.parse(await feed.done('status', '--json'))
    expect(status).toMatchObject({ resources: [{ scope: { filter } }], health: { ready: true }, held: [] })
  }

  for (const [mistake, why] of [
    ["MlsId Eq 'x", 'The text that begins here has no end'],
    ["StandardStatus Eq 'Active'", 'whose StandardStatus changes'],
    ['PropertyType Eq', 'A field or a value is missing'],
    ["PropertyType Gt 'A'", 'the API refuses the filter'],
  ] as const) {
    await scoped.writeFilter(mistake)
    process.kill(daemon.process.pid, 'SIGHUP')
    await daemon.process.logged(why, AbortSignal.timeout(20_000))
  }
  expect(await scoped.verdict()).toEqual(CLEAN)

  const deletes = (await feed.read()).filter(({ type }) => type === 'ListingDeleted')
  expect(deletes.length).toBeGreaterThan(0)
  for (const { value } of deletes) {
    expect(value).toMatchObject({ reason: 'OUT_OF_SCOPE', evidence: 'LIST_QUERY' })
  }
  expect((await daemon.process.kill('SIGTERM')).code).toBe(0)
}, 400_000)

test('a filter that the source drops stops every pass, and is never a wider result (R8)', async () => {
  await using feed = await LiveFeed.open({ simulator: { listings: 20, seed: 613 } })
  const filter = "MlsId Eq 'x' And NoSuchField Eq 'y'"
  const refused = await feed.run(['snapshot', '--force'], { LISTINGS_FILTER: filter })
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('SPARK_FILTER_REFUSED') })
  const unforced = await feed.run(['snapshot'], { LISTINGS_FILTER: filter })
  expect(unforced).toMatchObject({ code: 2, stderr: expect.stringContaining('NoSuchField') })
}, 120_000)
