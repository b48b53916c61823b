import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { WAYS, type TranscoderPlan } from '../../../src/events/content/transcoder/plan.ts'
import { LISTINGS } from '../../../src/resources/listings.ts'
import { RESOURCES, type KnownResourceName } from '../../../src/resources/index.ts'
import { startSimulator, type SimulatorServer } from '../../../src/simulator/index.ts'
import { readStandardFields } from '../../../src/spark/metadata-bodies.ts'
import { skipValue } from '../../../src/support/json-bytes.ts'
import { request } from '../../simulator/spark-request.ts'
import { MEMBERS, readMemberSchema } from '../members.ts'
import { RESOURCE_SAMPLES } from '../resource-samples.ts'
import { described, FIELDS, KEY } from '../sample.ts'
import { damage, damaged, recordJson } from './record-text.ts'
import { breaches, subjectOf, transcoderOf, type Subject } from './transcoding.ts'

const LISTING = subjectOf(LISTINGS, [FIELDS])

function listing(standardFields: string, others = ''): Buffer {
  return Buffer.from(`{"Id":"${KEY}",${others}"StandardFields":{"ListingKey":"${KEY}"${standardFields}}}`)
}

/** Whether each of them was taken; the law holds for all. */
function transcoded(rows: readonly Buffer[], subject = LISTING) {
  const transcoder = transcoderOf(subject)
  return rows.map((row) => {
    const { breaches: found, records } = breaches(subject, transcoder, row, [0])
    expect(found).toEqual([])
    return records[0]?.declined ?? 'taken'
  })
}

describe('a record that a transcoder takes', () => {
  test.each(RESOURCES)('is a sample of $name', (resource) => {
    const name: KnownResourceName = resource.name
    const subject = subjectOf(resource, [resource.fields.from === 'metadata' ? FIELDS : []])
    const row = Buffer.from(JSON.stringify(RESOURCE_SAMPLES[name].body))
    expect(transcoded([row, row], subject)).toEqual(['taken', 'taken'])
  })

  test.each([
    ['custom fields', '', '"CustomFields":[{"Main":[{"G":[{"F":1},{"F":"a"},{"H":{"a":true}}]}]}],'],
    ['members that no schema knows', ',"Unheard":{"a":[1]}', '"Further":[],'],
    ['values of other types', ',"City":7,"BedsTotal":"few","GarageYN":"yes","CloseDate":1,"Cooling":[1]', ''],
    ['big integers and infinite numbers', ',"BedsTotal":9007199254740993,"ListPrice":1e999', ''],
    ['decimals as text', ',"ListPrice":" 350000.50 ","BedsTotal":"3"', ''],
    ['escapes', ',"Ci\\u0074y":"D\\u00e9cor","Cooling":{"A\\/C":true}', ''],
    ['volatile fields, masked', ',"DaysOnMarket":"********","CumulativeDaysOnMarket":12', ''],
    ['names of prototypes', ',"__proto__":{"a":1},"constructor":2', '"__proto__":{"b":1},'],
    ['names that differ in case', ',"city":"a","CITY":"b","City":"c"', ''],
    ['non-ASCII text', ',"City":"Björkö \u{1f3e1}","Cooling":{"é":true,"\ue000":true,"\u{1f3e1}":true}', ''],
  ])('may have %s', (_, fields, others) => {
    expect(transcoded([listing(fields, others)])).toEqual(['taken'])
  })

  test('has lists that are never null', () => {
    const withLists = (name: string) =>
      readMemberSchema(name).replace(
        '"type": ["null", { "type": "array", "items": "string" }],\n                      "default": null',
        '"type": { "type": "array", "items": "string" }, "default": []',
      )
    expect(withLists(MEMBERS.events.upserted)).not.toBe(readMemberSchema(MEMBERS.events.upserted))
    const subject = subjectOf(MEMBERS, [[]], { readSchema: withLists })
    const rows = [
      '{"b":true,"a":true}',
      '["b","a","b"]',
      '"a"',
      '[]',
      '{"a":false}',
      'null',
      '"********"',
    ].map((tags) => Buffer.from(`{"Id":"${KEY}","Tags":${tags},"Phones":[{"Number":"1"},2]}`))
    expect(transcoded(rows, subject)).toEqual(rows.map(() => 'taken'))
  })

  test('has a field of two types in both of them', () => {
    const subject = subjectOf(LISTINGS, [FIELDS, [described('BedsTotal', 'Decimal')]])
    const rows = [',"BedsTotal":4', ',"BedsTotal":2.5', ',"BedsTotal":"few"', ''].map((fields) =>
      listing(fields),
    )
    expect(transcoded(rows, subject)).toEqual(rows.map(() => 'taken'))
  })
})

describe('a record that a transcoder may decline', () => {
  test.each([
    ['malformed', Buffer.from('[]')],
    ['malformed', Buffer.from('"text"')],
    ['malformed', Buffer.from(`\ufeff{"Id":"${KEY}"}`)],
    ['malformed', listing(',"City":tru')],
    ['malformed', listing(',"BedsTotal":01')],
    ['malformed', listing(',"City":"a\u0000b"')],
    ['malformed', listing(',"City":"abc').subarray(0, -3)],
    ['malformed', Buffer.concat([listing('').subarray(0, -2), Buffer.from(',"City":"\xff"}}', 'latin1')])],
    ['malformed', listing(`,"Unheard":${'['.repeat(5_000)}${']'.repeat(5_000)}`)],
    ['member_name', listing(`,"${'x'.repeat(2_000)}":1`)],
    ['member_name', listing(',"a\\x":1')],
    ['duplicate_member', listing(',"City":"a","City":"a"')],
    ['duplicate_member', listing(',"City":"a","Cit\\u0079":null')],
    ['duplicate_member', listing('', '"Id":null,')],
    ['member_order', listing(',"Unheard":1,"12":1')],
    ['taken', listing(',"Unheard":1,"12th":1,"007":1,"12":null,"0":"********"')],
    ['unreadable', Buffer.from('{}')],
    ['unreadable', Buffer.from(`{"Id":"${KEY}","StandardFields":{"ListingKey":"other"}}`)],
    ['unreadable', Buffer.from('{"Id":"a b"}')],
    ['unencodable', listing(`,"Unheard":${'['.repeat(101)}${']'.repeat(101)}`)],
  ])('is %s: %#', (reason, row) => {
    expect(transcoded([row])).toEqual([reason])
  })

  test('is too large for its topic, with what is no content (R12)', () => {
    const small = subjectOf(LISTINGS, [FIELDS], { limit: { bytes: 100, setting: null } })
    const rows = [',"City":"x"', `,"City":"${'x'.repeat(100)}"`, `,"DaysOnMarket":"${'x'.repeat(100)}"`]
    expect(
      transcoded(
        rows.map((fields) => listing(fields)),
        small,
      ),
    ).toEqual(['taken', 'unencodable', 'unencodable'])
  })

  test('leaves nothing behind in the record after it', () => {
    const cut = listing(',"City":"Dunmere","BedsTotal":3,"GarageYN":"********","Unheard":1,"DaysOnMarket":4')
    const rows = [cut.subarray(0, -1), listing(''), listing(',"BedsTotal":01'), listing(',"GarageYN":true')]
    expect(transcoded(rows)).toEqual(['malformed', 'taken', 'malformed', 'taken'])
  })
})

describe('the output of a transcoder', () => {
  test('has the contents one behind the other, those that were made otherwise between them', () => {
    const transcoder = transcoderOf(LISTING)
    const row = listing(',"City":"Dunmere"')
    transcoder.transcode(row, 0)
    const { start, end } = transcoder
    transcoder.append(Uint8Array.of(1, 2, 3))
    expect(transcoder.transcode(Buffer.from('{}'), 0)).toBe(-1)
    transcoder.transcode(row, 0)
    expect([start, transcoder.start, transcoder.end]).toEqual([0, end + 3, 2 * end + 3])
    const output = transcoder.takeOutput()
    expect(output.length).toBe(2 * end + 3)
    expect([...output.subarray(end, end + 3)]).toEqual([1, 2, 3])
    expect(output.subarray(end + 3)).toEqual(output.subarray(0, end))
    expect(output.byteOffset).toBe(0)
    expect(transcoder.takeOutput().length).toBe(0)
  })

  test('grows with what is written into it', () => {
    const long = listing(`,"City":"${'ü'.repeat(200_000)}","Unheard":"${'y'.repeat(300_000)}"`)
    expect(transcoded([long, listing(''), long])).toEqual(['taken', 'taken', 'taken'])
  })
})

describe('names that no schema knows', () => {
  test('are forgotten when there are many, and yet are not met twice in a record', () => {
    const names = Array.from({ length: 5_000 }, (_, i) => `,"n${i}":"********"`)
    const custom = (count: number, value: number) =>
      `"CustomFields":[{"Main":[{"G":[${Array.from({ length: count }, (_, i) => `{"f${i}":${value}}`).join(',')}]}]}],`
    const many = listing(names.join(''), custom(4_000, 1))
    const others = listing(names.join('').replaceAll('"n', '"m'), custom(4_000, 2).replaceAll('"f', '"g'))
    const twice = listing(`${names.slice(0, 10).join('')},"n0":1`)
    expect(transcoded([many, others, twice, many, listing('', custom(5, 3)), twice])).toEqual([
      'taken',
      'taken',
      'duplicate_member',
      'taken',
      'taken',
      'duplicate_member',
    ])
  })
})

describe('listings of a source', () => {
  let server: SimulatorServer
  let page: Buffer
  let subject: Subject
  beforeAll(async () => {
    server = await startSimulator({ listings: 40, seed: 3 })
    const body = async (path: string) => Buffer.from(await (await request(server, path)).arrayBuffer())
    page = await body('/v1/listings?_limit=40&_expand=CustomFieldsRaw')
    const metadata = JSON.parse((await body('/v1/standardfields')).toString()).D.Results
    subject = subjectOf(LISTINGS, [readStandardFields(metadata) ?? []])
  })
  afterAll(() => server[Symbol.asyncDispose]())

  function rowsOf(): readonly number[] {
    const places: number[] = []
    for (let p = page.indexOf('"Results":[') + '"Results":['.length; page[p] !== 0x5d;) {
      places.push(p)
      const end = skipValue(page, p)
      p = page[end] === 0x2c ? end + 1 : end
    }
    return places
  }

  test('are taken, all of them', () => {
    const found = breaches(subject, transcoderOf(subject), page, rowsOf())
    expect(found.breaches).toEqual([])
    expect(found.records.map(({ declined }) => declined)).toEqual(Array.from({ length: 40 }, () => undefined))
  })

  test('are taken as they are read and encoded, or declined, when their bytes suffer (R5, R12)', () => {
    const rows = rowsOf().map((at) => page.subarray(at, skipValue(page, at)))
    fc.assert(
      fc.property(
        fc.nat(rows.length - 2),
        fc.array(damage, { minLength: 1, maxLength: 3 }),
        (index, hurts) => {
          const [first, second] = [rows[index] ?? page, rows[index + 1] ?? page]
          const bytes = Buffer.concat([first, hurts.reduce(damaged, second), Buffer.from(','), first])
          const places = [0, first.length, bytes.length - first.length]
          expect(breaches(subject, transcoderOf(subject), bytes, places).breaches).toEqual([])
        },
      ),
      { numRuns: 400 },
    )
  })
})

const KINDS: Readonly<Record<string, string>> = {
  Character: 'string',
  Integer: 'long',
  Decimal: 'double',
  Boolean: 'boolean',
  Date: 'date',
  Datetime: 'timestamp',
}

/** Each a fault that somebody could make, in the plan that the transcoder follows. */
const FAULTS: readonly (readonly [string, (plan: TranscoderPlan) => TranscoderPlan])[] = [
  ['a wrong branch', (plan) => ({ ...plan, cells: plan.cells.map((cell) => ({ ...cell, branch: 4 })) })],
  ['no branch', (plan) => ({ ...plan, cells: plan.cells.map((cell) => ({ ...cell, branch: 0 })) })],
  ['two fields swapped', (plan) => withRule(plan, 'City', { cell: cellOf(plan, 'ListingKey') })],
  ['a date for a datetime', (plan) => withRule(plan, 'StatusChangeTimestamp', { way: WAYS.DATE })],
  ['a text for a number', (plan) => withRule(plan, 'BedsTotal', { way: WAYS.TEXT })],
  ['an integer for a decimal', (plan) => withRule(plan, 'ListPrice', { way: WAYS.LONG })],
  ['a field that is lost', (plan) => withRule(plan, 'GarageYN', { cell: plan.cells.length })],
  ['another name of a masked field', (plan) => withRule(plan, 'CloseDate', { masked: 'City' })],
  ['masked fields that are lost', (plan) => withRule(plan, 'City', { masked: undefined, way: WAYS.TEXT })],
  [
    'a volatile field in the content',
    (plan) => withRule(plan, 'DaysOnMarket', { way: WAYS.LONG, cell: cellOf(plan, 'BedsTotal') }),
  ],
  ['another order of the content', (plan) => ({ ...plan, parts: plan.parts.toReversed() })],
  [
    'another absent value',
    (plan) => ({ ...plan, cells: plan.cells.map((cell) => ({ ...cell, absent: Uint8Array.of(2, 0) })) }),
  ],
  [
    'custom fields that are left out',
    (plan) => ({
      ...plan,
      parts: plan.parts.map((part) =>
        part.holds === 'custom' ? { ...part, holds: 'nothing' as const } : part,
      ),
    }),
  ],
]

function cellOf({ fields }: TranscoderPlan, name: string): number {
  return fields?.rules.get(name)?.cell ?? -1
}

function withRule(plan: TranscoderPlan, name: string, change: object): TranscoderPlan {
  const { fields } = plan
  const rule = fields?.rules.get(name)
  if (fields === undefined || rule === undefined) throw new Error(`There is no rule of ${name}.`)
  return { ...plan, fields: { ...fields, rules: new Map([...fields.rules, [name, { ...rule, ...change }]]) } }
}

describe('the comparison that transcoders are held to', () => {
  const kinds = FIELDS.map(
    ({ name, type, multiSelect }) => [name, multiSelect ? 'array' : (KINDS[type] ?? '')] as const,
  )
  const row = recordJson({ key: KEY, fields: kinds, isNested: true })

  test.each(FAULTS)('finds %s', (_, withFault) => {
    const faulty = { ...LISTING, plan: withFault(LISTING.plan) }
    const found = fc.check(
      fc.property(fc.array(row, { minLength: 1, maxLength: 4 }), (rows) =>
        rows.every(
          (text) => breaches(faulty, transcoderOf(faulty), Buffer.from(text), [0]).breaches.length === 0,
        ),
      ),
      { numRuns: 2_000, endOnFailure: true },
    )
    expect(found.failed).toBe(true)
  })
})
