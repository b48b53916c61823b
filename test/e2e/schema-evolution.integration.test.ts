import { isDeepStrictEqual } from 'node:util'

import { describe, expect, test } from 'vitest'

import { parseUpserted } from '../../src/demo/decoded-events.ts'
import { LISTINGS } from '../../src/resources/listings.ts'
import type { MetadataChange } from '../../src/simulator/records/field-catalog.ts'
import type { Simulator } from '../../src/simulator/simulator.ts'
import { readBack } from '../fixtures/read-back.ts'
import type { TopicEvent } from '../fixtures/topic-events.ts'
import { DaemonHttp, PATIENCE } from './daemon-http.ts'
import { LiveFeed } from './live-feed.ts'
import { ListingSubject, readWith } from './schema-readers.ts'

const FEW = 40
const NO_EVENTS_OF_THEIR_OWN = { UPDATE_INTERVAL: '200ms', PURGE_INTERVAL: '1d', PAGE_LIMIT: '100' }
/** No part of the content (R5). */
const NO_CONTENT = new Set(['ModificationTimestamp', 'DaysOnMarket', 'CumulativeDaysOnMarket'])

type Fields = Readonly<Record<string, unknown>>

/** A field that is null until a test sets it, so that a test knows every value of it. */
function ownField(name: string, type: 'Character' | 'Integer', more = {}): MetadataChange {
  return { action: 'add', name, type, nullRate: 1, ...more }
}

function changedKeys(before: ReadonlyMap<string, Fields>, after: ReadonlyMap<string, Fields>): string[] {
  return [...after.keys()].filter(
    (key) => !isDeepStrictEqual(content(before.get(key)), content(after.get(key))),
  )
}

function content(fields: Fields = {}): Fields {
  const kept = Object.entries(fields).filter(([name, value]) => value !== null && !NO_CONTENT.has(name))
  return Object.fromEntries(kept)
}

function problemsOf(events: readonly TopicEvent[], simulator: Simulator): readonly string[] {
  const latest = new Map(events.map((event) => [event.key, parseUpserted(LISTINGS, event.value)]))
  return [...simulator.truthLines()].flatMap((line) => {
    const source = JSON.parse(line) as Fields & { Id: string }
    const event = latest.get(source.Id)
    if (event === undefined) return [`${source.Id} is missing`]
    // A mere touch leaves the event's stamp behind (R5).
    const fields = {
      ...(source['StandardFields'] as Fields),
      ModificationTimestamp: event.modificationTimestamp,
    }
    return readBack({ ...source, StandardFields: fields }, event).problems
  })
}

interface Step {
  readonly what: string
  readonly changes: readonly MetadataChange[]
  /** Values that come with the change, by name; for the listings at these places. */
  readonly set: readonly (readonly [
    places: readonly number[],
    fields: Readonly<Record<string, string | number | boolean | Record<string, true>>>,
  ])[]
  /** Places of the listings whose content the step changes. */
  readonly changed: readonly number[]
}

const FIRST_FIVE = [0, 1, 2, 3, 4]
const STEPS: readonly Step[] = [
  {
    what: 'added',
    changes: [ownField('EvoAdded', 'Integer')],
    set: [[[0, 1, 2], { EvoAdded: 7 }]],
    changed: [0, 1, 2],
  },
  {
    what: 'renamed',
    changes: [{ action: 'rename', name: 'EvoOldName', to: 'EvoNewName' }],
    set: [],
    changed: FIRST_FIVE,
  },
  {
    what: 'widened from Integer to Decimal',
    changes: [{ action: 'retype', name: 'EvoCount', type: 'Decimal' }],
    set: [[[5], { EvoCount: 2.5 }]],
    changed: [5],
  },
  {
    what: 'retyped from Character to Boolean',
    changes: [{ action: 'retype', name: 'EvoAnswer', type: 'Boolean' }],
    set: [
      [[6], { EvoAnswer: true }],
      [[7], { EvoAnswer: false }],
    ],
    changed: [6, 7],
  },
  { what: 'removed', changes: [{ action: 'remove', name: 'EvoGone' }], set: [], changed: FIRST_FIVE },
  {
    what: 'made multi-select',
    changes: [
      { action: 'remove', name: 'EvoChoice' },
      ownField('EvoChoice', 'Character', { multiSelect: true }),
    ],
    set: [[[8], { EvoChoice: { River: true, Lake: true } }]],
    changed: [8],
  },
]

describe('while "run" goes on, and the registry is FULL_TRANSITIVE', () => {
  test('fields are added, renamed, widened, retyped, removed and made multi-select: nothing fails, is lost or is told twice (R5, R12)', async () => {
    await using feed = await LiveFeed.open({
      simulator: { listings: FEW, seed: 81 },
      settings: NO_EVENTS_OF_THEIR_OWN,
    })
    const { simulator } = feed
    const { listings } = simulator
    const keys = feed.keys()
    const at = (places: readonly number[]) => places.map((place) => keys[place] ?? '')
    const before: readonly MetadataChange[] = [
      ownField('EvoCount', 'Integer'),
      ownField('EvoAnswer', 'Character'),
      ownField('EvoChoice', 'Character'),
      ownField('EvoOldName', 'Character'),
      ownField('EvoGone', 'Integer'),
    ]
    for (const change of before) listings.changeMetadata(change)
    const everywhere = { EvoCount: 3, EvoAnswer: 'Yes', EvoChoice: 'Lake' }
    listings.apply({ action: 'set', keys, fields: everywhere, stamp: false })
    const some = { EvoOldName: 'kept', EvoGone: 12 }
    listings.apply({ action: 'set', keys: at(FIRST_FIVE), fields: some, stamp: false })

    await using daemon = feed.start(['run'])
    const http = await DaemonHttp.of(feed)
    const published = 'events_total{topic="listings",type="ListingUpserted"}'
    await expect.poll(() => http.metric(published), PATIENCE).toBe(FEW)
    await http.updates(1)
    const subject = new ListingSubject(feed.topic)
    expect(await subject.compatibility()).toBe('FULL_TRANSITIVE')

    for (const { what, changes, set, changed } of STEPS) {
      const told = (await feed.read()).length
      const truth = simulator.truth().listings
      for (const change of changes) listings.changeMetadata(change)
      for (const [places, fields] of set) listings.apply({ action: 'set', keys: at(places), fields })
      // Every listing is read again, and all but a few of them say what they said before.
      listings.apply({ action: 'bulk-touch' })
      expect(changedKeys(truth, simulator.truth().listings), what).toEqual(at(changed))

      await http.updates(2)
      const events = await feed.read()
      const newKeys = events.map(({ key }) => key).toSorted()
      expect(events.length - told, `${what}: ${newKeys.length} events`).toBe(changed.length)
      expect(problemsOf(inOrder(events), simulator), what).toEqual([])
      const versions = await subject.versions()
      const [first, newest] = [versions[0], versions.at(-1)]
      if (first === undefined || newest === undefined) throw new Error('There is no schema.')
      for (const reader of [first, newest]) {
        const { events: count, differences } = await readWith(reader, versions, feed.topic)
        expect(differences, what).toEqual([])
        expect(count).toBe(events.length)
      }
    }

    const versions = await subject.versions()
    expect(versions).toHaveLength(6)
    for (const name of ['EvoCount_double', 'EvoAnswer_boolean', 'EvoChoice_array', 'EvoGone', 'EvoOldName']) {
      expect(versions.at(-1)?.schema).toContain(`"name":"${name}"`)
    }
    // A pass that had asked for the metadata just before it changed kept values in unmappedFields; these come after it.
    listings.apply({ action: 'set', keys: at([5]), fields: { EvoCount: 3.5 } })
    listings.apply({ action: 'set', keys: at([6]), fields: { EvoAnswer: false } })
    listings.apply({ action: 'set', keys: at([8]), fields: { EvoChoice: { River: true, Bay: true } } })
    await http.updates(1)
    const latest = new Map(
      inOrder(await feed.read()).map(({ key, value }) => [key, parseUpserted(LISTINGS, value)]),
    )
    const fields = (place: number) => latest.get(keys[place] ?? '')?.content.fields
    expect(fields(5)).toMatchObject({ EvoCount: null, EvoCount_double: 3.5 })
    expect(fields(6)).toMatchObject({ EvoAnswer: null, EvoAnswer_boolean: false })
    expect(fields(8)).toMatchObject({ EvoChoice: null, EvoChoice_array: ['Bay', 'River'] })
    expect(fields(8)).toMatchObject({ EvoCount: 3, EvoCount_double: 3, EvoAnswer: 'Yes' })
    expect(await http.metric('passes_total{resource="listings",pass="update",state="failed"}')).toBe(0)
    expect(daemon.stderr).not.toContain('parked')
    // As a client sees it that is not ours.
    const seen = await feed.readByConsole(FEW)
    expect(problemsOf(inOrder(seen), simulator)).toEqual([])
    expect((await daemon.kill('SIGTERM')).code).toBe(0)
  }, 240_000)

  test('unchanged metadata is a 304 and 0 bytes at each pass, after a restart too', async () => {
    await using feed = await LiveFeed.open({
      simulator: { listings: 5, seed: 82 },
      settings: { ...NO_EVENTS_OF_THEIR_OWN, UPDATE_INTERVAL: '100ms' },
    })
    const paths = ['/v1/standardfields', '/v1/customfields', '/v1/propertytypes']
    const asked = (path: string, status: number) => {
      const { latest } = feed.simulator.requests
      return latest.filter((request) => request.url === path && request.status === status)
    }
    for (const start of ['first', 'second']) {
      const downloads = start === 'first' ? 1 : 0
      const bytesBefore = paths.map((path) => sum(asked(path, 200)))
      await using daemon = feed.start(['run'])
      const http = await DaemonHttp.of(feed)
      await http.updates(3)
      for (const [i, path] of paths.entries()) {
        const checks = (result: string) =>
          http.metric(`metadata_checks_total{path="${path}",result="${result}"}`)
        expect(await checks('unchanged')).toBeGreaterThanOrEqual(3)
        expect(await checks('fetched')).toBe(downloads)
        expect(await checks('failed')).toBe(0)
        const bytes = await http.metric(`metadata_bytes_total{path="${path}"}`)
        expect(bytes).toBe(sum(asked(path, 200)) - (bytesBefore[i] ?? 0))
        expect(sum(asked(path, 304))).toBe(0)
        expect(asked(path, 200)).toHaveLength(1)
      }
      expect((await daemon.kill('SIGTERM')).code).toBe(0)
    }
  })

  test('a schema that the registry refuses degrades the feed and stops nothing; once it is taken, values have their field (R12)', async () => {
    await using feed = await LiveFeed.open({
      simulator: { listings: 8, seed: 83 },
      settings: NO_EVENTS_OF_THEIR_OWN,
    })
    const { simulator } = feed
    const keys = feed.keys()
    await using daemon = feed.start(['run'])
    const http = await DaemonHttp.of(feed)
    await http.updates(1)

    // Somebody registers another meaning of the field, and takes it back in a later version.
    const subject = new ListingSubject(feed.topic)
    const [first] = await subject.versions()
    await subject.setCompatibility('NONE')
    await subject.register(withField(JSON.parse(first?.schema ?? ''), 'EvoClash', ['null', 'string']))
    await subject.register({ ...JSON.parse(first?.schema ?? ''), doc: 'Another text.' })
    await subject.setCompatibility('FULL_TRANSITIVE')
    simulator.listings.changeMetadata(ownField('EvoClash', 'Integer'))
    await http.updates(1)
    simulator.listings.apply({ action: 'set', keys: keys.slice(0, 2), fields: { EvoClash: 4 } })
    await http.updates(2)

    const of = async (place: number) =>
      parseUpserted(LISTINGS, inOrder(await feed.read()).findLast(({ key }) => key === keys[place])?.value)
        .content
    expect((await of(0)).unmappedFields).toMatchObject({ EvoClash: '4' })
    expect(problemsOf(inOrder(await feed.read()), simulator)).toEqual([])
    const ready = await http.get('/readyz')
    expect(ready.status).toBe(200)
    expect(JSON.parse(ready.text)).toMatchObject({ refusedSchemas: [{ code: 'REGISTRY_REFUSED' }] })
    expect(await http.metric('schema_refused{resource="listings"}')).toBe(1)
    expect(await http.metric('unmapped_values_total{resource="listings",field="EvoClash"}')).toBe(2)
    expect(daemon.stderr.match(/REGISTRY_REFUSED/g)).toHaveLength(1)

    await subject.drop(2)
    await expect.poll(() => http.metric('schema_refused{resource="listings"}'), PATIENCE).toBe(0)
    simulator.listings.apply({ action: 'bulk-touch' })
    simulator.listings.apply({ action: 'set', keys: keys.slice(1, 3), fields: { EvoClash: 5 } })
    await http.updates(2)
    expect((await of(2)).fields).toMatchObject({ EvoClash: 5 })
    expect((await of(0)).unmappedFields).toMatchObject({ EvoClash: '4' })
    expect(await feed.size()).toBe(8 + 2 + 2)
    expect(problemsOf(inOrder(await feed.read()), simulator)).toEqual([])
    expect((await daemon.kill('SIGTERM')).code).toBe(0)
  })
})

function sum(requests: readonly { readonly bytes: number }[]): number {
  return requests.reduce((total, { bytes }) => total + bytes, 0)
}

/** A key's events are in one partition (R6). */
function inOrder(events: readonly TopicEvent[]): TopicEvent[] {
  return events.toSorted((a, b) => a.offset - b.offset)
}

interface RecordSchema {
  fields: { name: string; type: unknown; default?: unknown }[]
}

/** The event's schema with one more standard field. */
function withField(event: RecordSchema, name: string, type: unknown): RecordSchema {
  const nested = (record: RecordSchema, field: string) => {
    const [, inner] = record.fields.find((holder) => holder.name === field)!.type as [string, RecordSchema]
    return inner
  }
  nested(nested(event, 'listing'), 'standardFields').fields.push({ name, type, default: null })
  return event
}
