import { gunzipSync } from 'node:zlib'

import { expect, test } from 'vitest'

import { parseUpserted, type Members } from '../../src/demo/decoded-events.ts'
import { LISTINGS } from '../../src/resources/listings.ts'
import type { JsonValue } from '../../src/domain/json.ts'
import { FIELD_TYPES } from '../../src/simulator/api/field-type.ts'
import { readTopic, type ConsumedRecord } from '../fixtures/read-topic.ts'
import { readBack } from '../fixtures/read-back.ts'
import { LiveFeed } from './live-feed.ts'

/** How many listings have 403 standard and 300 custom fields each; the full test has 5,000. */
const WIDE_LISTINGS = Number(process.env['LISTINGSTREAM_TEST_WIDE_LISTINGS'] ?? 150)
const STANDARD_FIELDS = 403
const CUSTOM_FIELDS = 300
const DEADLINE_MS = 600_000

/** Every visible listing as the API serves it, custom fields included. */
function* served(feed: LiveFeed): Generator<Members & { readonly Id: string }> {
  for (const line of feed.simulator.truthLines(new Set(['CustomFieldsRaw']))) yield JSON.parse(line)
}

test(
  'listings with 403 standard and 300 custom fields can be read back from their events, value by value (R12)',
  async () => {
    await using feed = await LiveFeed.open({
      simulator: { listings: WIDE_LISTINGS, seed: 91, fields: 'full' },
      settings: { EXPAND: 'CustomFieldsRaw', PAGE_LIMIT: '250' },
    })
    const { listings } = feed.simulator
    for (let i = listings.customCatalog.fields.length; i < CUSTOM_FIELDS; i += 1) {
      const type = FIELD_TYPES[i % FIELD_TYPES.length] ?? 'Character'
      const name = `Custom "${i}" / ${type}`
      const group = `Group ${i % 7}, Tax & Legal`
      listings.changeMetadata({ action: 'add', custom: true, name, type, group, multiSelect: i % 10 === 0 })
    }
    expect(listings.catalog.fields.length).toBeGreaterThanOrEqual(STANDARD_FIELDS)
    expect(listings.customCatalog.fields.length).toBe(CUSTOM_FIELDS)

    await feed.done('snapshot')
    const events = new Map((await feed.read()).map((event) => [event.key, event.value]))
    expect(events.size).toBe(WIDE_LISTINGS)
    let values = 0
    const problems: string[] = []
    for (const source of served(feed)) {
      const found = readBack(source, parseUpserted(LISTINGS, events.get(source.Id)))
      values += found.values
      problems.push(...found.problems)
      expect(Object.keys(source['StandardFields'] as object).length).toBeGreaterThanOrEqual(STANDARD_FIELDS)
    }
    expect(problems.slice(0, 20)).toEqual([])
    // Most of the further fields are null in most listings.
    expect(values / WIDE_LISTINGS).toBeGreaterThan(250)
    expect(await feed.done('update')).toContain('0 walked')
  },
  DEADLINE_MS,
)

interface Poison {
  readonly what: string
  readonly fields: Readonly<Record<string, JsonValue>>
  /** Fields whose value has to stand in `unmappedFields`; undefined if the whole record is a dead letter. */
  readonly unmapped?: readonly string[]
  /** Of a dead letter: what its reason says. */
  readonly reason?: string
}

const CUSTOM = '"Remarks & "Misc""."Public Remarks4"'
const LARGE = 'x'.repeat(1_000_000)
const POISON: readonly Poison[] = [
  { what: 'a wrong type', fields: { BedsTotal: 'three' }, unmapped: ['BedsTotal'] },
  { what: 'an impossible date', fields: { CloseDate: '2026-02-31' }, unmapped: ['CloseDate'] },
  { what: 'a number out of range', fields: { BedsTotal: 1e300 }, unmapped: ['BedsTotal'] },
  { what: 'a text that is no Unicode', fields: { City: 'Far\ud800go' }, unmapped: ['City'] },
  { what: 'an unknown shape', fields: { ListPrice: { from: 1, to: [2, null] } }, unmapped: ['ListPrice'] },
  { what: 'choices that are none', fields: { Cooling: { Central: 'perhaps' } }, unmapped: ['Cooling'] },
  { what: 'a custom field of unknown shape', fields: { [CUSTOM]: { a: { b: 1 } } }, unmapped: [CUSTOM] },
  {
    what: 'a stamp that is none',
    fields: { ModificationTimestamp: 'soon' },
    unmapped: ['ModificationTimestamp'],
  },
  { what: 'more than a record holds', fields: { PublicRemarks: LARGE }, reason: 'at most' },
  { what: 'more than that in a volatile field', fields: { DaysOnMarket: LARGE }, reason: 'at most' },
  { what: 'a key that is none', fields: { ListingKey: 'two words' }, reason: 'ListingKey' },
]

test('1 % of the records with each kind of damage: the others arrive, the damaged are accounted for one by one (R11, R12)', async () => {
  const each = 2
  const listings = 100 * each
  await using feed = await LiveFeed.open({
    simulator: { listings, seed: 92 },
    settings: { EXPAND: 'CustomFieldsRaw', PAGE_LIMIT: '50' },
  })
  const { simulator } = feed
  const keys = feed.keys()
  const damaged = POISON.map((poison, i) => ({ ...poison, keys: keys.slice(i * each, (i + 1) * each) }))
  for (const { keys: some, fields } of damaged)
    simulator.listings.apply({ action: 'set', keys: some, fields, stamp: false })
  const letters = damaged.filter(({ reason }) => reason !== undefined)
  const lettered = new Set(letters.flatMap(({ keys: some }) => some))

  const first = await feed.run(['snapshot'])
  expect(first.stdout).toContain(`${listings - lettered.size} published, ${lettered.size} dead_lettered`)
  const events = await feed.readByConsole(listings - lettered.size)
  const latest = new Map(events.map((event) => [event.key, parseUpserted(LISTINGS, event.value)]))
  expect(latest.size).toBe(listings - lettered.size)
  for (const source of served(feed)) {
    const event = latest.get(source.Id)
    expect(event === undefined).toBe(lettered.has(source.Id))
    if (event !== undefined) expect(readBack(source, event).problems).toEqual([])
  }
  for (const { what, keys: some, unmapped = [] } of damaged) {
    for (const name of unmapped) {
      for (const key of some) expect(latest.get(key)?.content.unmappedFields, what).toHaveProperty([name])
      expect(toldOf(first.stderr, name), name).toBe(1)
    }
  }

  const dead = await deadLetters(feed)
  expect(dead).toHaveLength(lettered.size)
  const bodies = dead.map((record) => ({ ...letterOf(record), reason: String(record.headers['reason']) }))
  for (const { what, keys: some, reason = '' } of letters) {
    for (const key of some) {
      const letter = bodies.find(({ body }) => body['Id'] === key)
      expect(letter?.reason, what).toContain(reason)
      const source = [...served(feed)].find(({ Id }) => Id === key)
      expect(letter?.body, what).toEqual(source)
    }
  }

  // The same content is no news; what has no key cannot be remembered, and is told again.
  const unkeyed = letters.find(({ what }) => what === 'a key that is none')?.keys ?? []
  expect(await feed.done('snapshot')).toContain(
    `${listings - unkeyed.length} unchanged, ${unkeyed.length} dead_lettered`,
  )
  expect((await deadLetters(feed)).length).toBe(lettered.size + unkeyed.length)

  // Healed, they are published after all, and their dead letters go.
  const healed = letters.filter(({ reason }) => reason === 'at most').flatMap(({ keys: some }) => some)
  simulator.listings.apply({
    action: 'set',
    keys: healed,
    fields: { PublicRemarks: 'Short.', DaysOnMarket: 4 },
  })
  expect(await feed.done('update')).toContain(`${healed.length} published`)
  const now = new Map((await deadLetters(feed)).map((record) => [String(record.key), record.value]))
  for (const key of healed) expect(now.get(`${feed.topic}/${key}`)).toBeNull()
  expect([...now.values()].filter((value) => value !== null)).toHaveLength(unkeyed.length)
  expect(new Set((await feed.read()).map(({ key }) => key)).size).toBe(listings - unkeyed.length)
}, 240_000)

/** Log lines of the first pass about a field. */
function toldOf(stderr: string, field: string): number {
  const lines = stderr.split('\n').filter((line) => line.startsWith('{'))
  return lines.filter((line) => (JSON.parse(line) as { field?: string }).field === field).length
}

async function deadLetters(feed: LiveFeed): Promise<ConsumedRecord[]> {
  const topic = feed.topic.replace(/listings$/, 'dead-letters')
  const records = await readTopic(topic, { atLeast: 1 }, AbortSignal.timeout(100_000))
  return records.toSorted((a, b) => a.offset - b.offset)
}

function letterOf({ value }: ConsumedRecord): { readonly body: Members } {
  if (value === null) throw new Error('It is a tombstone.')
  return { body: JSON.parse(gunzipSync(value).toString('utf8')) as Members }
}
