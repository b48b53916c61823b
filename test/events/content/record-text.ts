/** Texts of records, as a source may send them and as it should not: JSON in any form, and bytes that are none. */
import * as fc from 'fast-check'

/** Of one member: how its name and value are written. */
type MemberText = readonly [name: string, value: string]

const DATES = [
  '2024-02-29',
  '2023-02-29',
  '1900-02-29',
  '2000-02-29',
  '2024-04-31',
  '2024-12-31',
  '0999-01-01',
  '1000-01-01',
  '9999-12-31',
  '0000-01-01',
  '1969-12-31',
  '2024-13-01',
  '2024-00-10',
  '2024-01-00',
  '2024-1-01',
  '+024-01-01',
]
const TIMES = ['T00:00:00Z', 'T23:59:59Z', 'T24:00:00Z', 'T12:60:00Z', 'T12:00:60Z', 'T09:03:09-05:00']
const MORE_TIMES = ['T09:03:09.250Z', 'T09:03Z', 't09:03:09Z', 'T09:03:09z', ' 09:03:09Z', 'T9:03:009Z']
const DECIMALS = ['350000.50', ' 12 ', '-0', '007', '1e3', '.5', '5.', '-1.25', '123456789012345', '+1', '']
const LONG_DECIMALS = ['1234567890123456', '0.123456789012345', '12345678.12345678', '1,000', '0x10', 'NaN']
const NUMBERS = ['0', '-0', '-0.0', '0.0', '1.0', '1.50', '3.0e0', '1e5', '1E+2', '25e-1', '1e999', '-1e999']
const BIG_NUMBERS = ['9007199254740990', '9007199254740991', '-9007199254740991', '-4503599627370496']
const BIGGER_NUMBERS = ['-4503599627370497', '12345678901234567890', '9007199254740993.0', '1e21', '5e-324']
const DIGITS = [
  '123456789012345',
  '999999999999999',
  '0.1',
  '0.30000000000000004',
  '123456.789012345',
  '-101.957005',
]
const NO_NUMBERS = ['01', '-', '1.', '.5', '1e', '+1', '0x1', '1_0', '--1', 'NaN', 'Infinity', '1.e5', '00']
const NO_LITERALS = ['nul', 'True', 'truefalse', 'undefined', 'nulll', 't', 'tru', "'a'"]
const NO_STRINGS = [
  '"a\u0000b"',
  '"a\nb"',
  '"a\tb"',
  '"\\x41"',
  '"\\u00g0"',
  '"\\u12"',
  '"open',
  '"\\"',
  '"\\U0041"',
]

/** JSON of a text, each character in one of the ways in which it may be written. */
function writtenAs(text: string, seed: number): string {
  let bits = seed
  let out = '"'
  for (const unit of text.split('')) {
    bits = (Math.imul(bits, 1_103_515_245) + 12_345) >>> 0
    const plain = JSON.stringify(unit).slice(1, -1)
    if ((bits >>> 16) % 7 === 0) out += `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
    else if (unit === '/' && (bits >>> 16) % 2 === 0) out += '\\/'
    else out += plain
  }
  return `${out}"`
}

const text = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: 'grapheme-ascii', maxLength: 20 }) },
  { weight: 2, arbitrary: fc.string({ unit: 'grapheme', maxLength: 12 }) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 6 }) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      '********',
      '*******',
      '*********',
      '',
      ' ',
      '\u0000',
      '\ufeffa',
      '\ud800',
      '\udc00a',
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '\u2028',
      '\u007f',
      'é',
      '\ue000',
      '\u{1f3e1}',
      '\ud7ff',
      'Straße',
      'x'.repeat(300),
    ),
  },
)

/** Mostly as `JSON.stringify` writes it, so that there is not an escape in nearly every one. */
const textJson = fc.oneof(
  { weight: 4, arbitrary: text.map((value) => JSON.stringify(value)) },
  { weight: 1, arbitrary: fc.tuple(text, fc.nat()).map(([value, seed]) => writtenAs(value, seed)) },
)

const date = fc.oneof(
  fc.constantFrom(...DATES),
  fc
    .integer({ min: -60_000_000_000, max: 250_000_000_000 })
    .map((seconds) => new Date(seconds * 1000).toISOString().slice(0, 10)),
)
const dateJson = date.map((value) => JSON.stringify(value))
const datetimeJson = fc
  .tuple(date, fc.constantFrom('T14:03:09Z', 'T00:00:00Z', ...TIMES, ...MORE_TIMES))
  .map(([day, time]) => JSON.stringify(day + time))

const numberJson = fc.oneof(
  { weight: 3, arbitrary: fc.integer().map(String) },
  { weight: 3, arbitrary: fc.tuple(fc.integer(), fc.nat(99)).map(([whole, part]) => `${whole}.${part}`) },
  { weight: 1, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }).map(String) },
  { weight: 1, arbitrary: fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }).map(String) },
  { weight: 3, arbitrary: fc.constantFrom(...NUMBERS, ...BIG_NUMBERS, ...BIGGER_NUMBERS, ...DIGITS) },
)
const decimalJson = fc.oneof(
  numberJson,
  fc.constantFrom(...DECIMALS, ...LONG_DECIMALS).map((value) => JSON.stringify(value)),
  numberJson.map((value) => `"${value}"`),
)

const optionJson = fc.oneof(
  fc.constantFrom(
    '"Central Air"',
    '"Window Unit(s)"',
    '"Décor: new"',
    '"None"',
    '"1"',
    '"02"',
    '"\u{1f3e1}"',
    '"\ue000"',
  ),
  textJson,
)
const listJson = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .array(
        fc.tuple(optionJson, fc.constantFrom('true', 'true', 'true', 'true', 'true', 'true', 'false', '1')),
        {
          maxLength: 5,
        },
      )
      .map(objectJson),
  },
  { weight: 2, arbitrary: fc.array(optionJson, { maxLength: 5 }).map((items) => `[${items.join(',')}]`) },
  { weight: 1, arbitrary: optionJson },
  {
    weight: 1,
    arbitrary: fc
      .nat(80)
      .map((size) => `{${Array.from({ length: size }, (_, i) => `"o${(i * 37) % 80}":true`).join(',')}}`),
  },
)

/** Any value, most of them small. */
export const valueJson: fc.Arbitrary<string> = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthIdentifier: 'value' },
    fc.constantFrom('null', 'true', 'false', '{}', '[]', '[ ]', '{ }', '"********"'),
    textJson,
    decimalJson,
    dateJson,
    datetimeJson,
    listJson,
    fc.array(tie('value'), { maxLength: 3 }).map((items) => `[${items.join(' , ')}]`),
    fc.array(fc.tuple(textJson, tie('value')), { maxLength: 3 }).map(objectJson),
  ),
})).value

const deepJson = fc
  .tuple(fc.constantFrom(5, 99, 100, 101, 900, 1_100), fc.boolean())
  .map(([levels, isArray]) =>
    isArray
      ? `${'['.repeat(levels)}1${']'.repeat(levels)}`
      : `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`,
  )

const brokenJson = fc.constantFrom(
  ...NO_NUMBERS,
  ...NO_LITERALS,
  ...NO_STRINGS,
  '[1,]',
  '{"a":1,}',
  '[1',
  '{"a"}',
  '{a:1}',
  '',
)

/** Of custom fields, right and wrong. */
const customJson: fc.Arbitrary<string> = fc.oneof(
  {
    weight: 5,
    arbitrary: groupsJson(
      fc.oneof(
        {
          weight: 6,
          arbitrary: fc.oneof(textJson, decimalJson, fc.constantFrom('true', 'false', 'null', '"********"')),
        },
        { weight: 2, arbitrary: listJson },
        { weight: 1, arbitrary: valueJson },
      ),
    ),
  },
  { weight: 1, arbitrary: valueJson },
)

function groupsJson(value: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const name = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.constantFrom('"Water Rights"', '"Flood Plain"', '"Lot # / Block"', '"a\\"b"', '"Zürich"'),
    },
    { weight: 1, arbitrary: textJson },
  )
  const fields = fc.array(fc.array(fc.tuple(name, value), { minLength: 1, maxLength: 2 }).map(objectJson), {
    maxLength: 4,
  })
  const groups = fc.array(
    fc.tuple(name, fields.map(arrayJson)).map((one) => objectJson([one])),
    { maxLength: 3 },
  )
  const category = fc.tuple(fc.constantFrom('"Main"', '"Details"'), groups.map(arrayJson))
  return fc
    .array(fc.array(category, { minLength: 1, maxLength: 2 }).map(objectJson), { maxLength: 2 })
    .map(arrayJson)
}

/** By the kind of a field, what fits it and what does not. */
function fieldJson(kind: string): fc.Arbitrary<string> {
  const fitting = VALUES_OF_KIND.get(kind) ?? valueJson
  return fc.oneof(
    { weight: 20, arbitrary: fitting },
    { weight: 3, arbitrary: fc.constant('null') },
    { weight: 3, arbitrary: fc.constant('"********"') },
    { weight: 3, arbitrary: valueJson },
    {
      weight: 1,
      arbitrary: fc.oneof({ weight: 5, arbitrary: valueJson }, { weight: 1, arbitrary: deepJson }),
    },
  )
}

const VALUES_OF_KIND: ReadonlyMap<string, fc.Arbitrary<string>> = new Map([
  ['string', textJson],
  ['long', decimalJson],
  ['double', decimalJson],
  ['boolean', fc.constantFrom('true', 'false')],
  ['date', dateJson],
  ['timestamp', datetimeJson],
  ['array', listJson],
  ['custom', customJson],
])

export interface RecordShape {
  readonly key: string
  /** Fields and their kinds. */
  readonly fields: readonly (readonly [name: string, kind: string])[]
  /** Whether they are members of `StandardFields`. */
  readonly isNested: boolean
}

const ODD_NAMES = [
  '__proto__',
  'constructor',
  'a.b',
  '$.Photos',
  '12',
  '007',
  '',
  'CustomFields',
  'Id',
  'StandardFields',
]

/** A record, as JSON or nearly so. */
export function recordJson(shape: RecordShape): fc.Arbitrary<string> {
  const field = fc.oneof(
    {
      weight: 12,
      arbitrary: fc
        .constantFrom(...shape.fields)
        .chain(([name, kind]) => fc.tuple(fc.constant(JSON.stringify(name)), fieldJson(kind))),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(
        fc.constantFrom(...ODD_NAMES).map((name) => JSON.stringify(name)),
        valueJson,
      ),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.constantFrom(...shape.fields), fc.constantFrom(0, 1, 2), fc.nat(), valueJson)
        .map(([[name], way, seed, value]): MemberText => [spelled(name, way, seed), value]),
    },
    { weight: 1, arbitrary: fc.tuple(textJson, valueJson) },
  )
  const fields = fc.uniqueArray(field, { maxLength: 14, selector: ([name]) => name })
  const id = JSON.stringify(shape.key)
  const uri = JSON.stringify(`/v1/things/${shape.key}`)
  const others = fc.uniqueArray(
    fc.oneof(
      { weight: 3, arbitrary: fc.tuple(fc.constantFrom('"CustomFields"', '"CustomFieldsRaw"'), customJson) },
      { weight: 1, arbitrary: fc.tuple(fc.constant('"DisplayCompliance"'), valueJson) },
      { weight: 1, arbitrary: fc.tuple(fc.constant('"LastCachedTimestamp"'), datetimeJson) },
      { weight: 1, arbitrary: fc.tuple(fc.constantFrom('"Photos"', '"Permissions"', '"MlsId"'), valueJson) },
      {
        weight: 1,
        arbitrary: fc.tuple(
          fc.constantFrom(...ODD_NAMES).map((name) => JSON.stringify(name)),
          valueJson,
        ),
      },
    ),
    { maxLength: 3, selector: ([name]) => name },
  )
  const ids = fc.oneof(
    { weight: 20, arbitrary: fc.constant(id) },
    { weight: 1, arbitrary: fc.nat().map((seed) => writtenAs(shape.key, seed)) },
    { weight: 1, arbitrary: fc.constantFrom('null', '"********"', '7', '""', '"other"', '"a b"') },
  )
  const uris = fc.oneof(
    { weight: 10, arbitrary: fc.constantFrom(uri, uri.replaceAll('/', '\\/')) },
    {
      weight: 1,
      arbitrary: fc.oneof(
        fc.nat().map((seed) => writtenAs(`/v1/${shape.key}`, seed)),
        valueJson,
      ),
    },
  )
  return fc
    .record({ fields, others, ids, uris, order: fc.nat(), blanks: fc.nat(5), twice: fc.nat(60) })
    .map((parts) => {
      const own: MemberText[] = [['"Id"', parts.ids], ['"ResourceUri"', parts.uris], ...parts.others]
      if (shape.isNested) own.push(['"StandardFields"', objectJson(parts.fields)])
      else own.push(...parts.fields)
      const turned = rotated(own, parts.order)
      const repeated = parts.twice === 0 ? [...turned, ...turned.slice(0, 1)] : turned
      return withBlanks(objectJson(repeated), parts.blanks)
    })
}

function spelled(name: string, way: number, seed: number): string {
  if (way === 0) return writtenAs(name, seed)
  return JSON.stringify(way === 1 ? name.toLowerCase() : `${name}_${seed % 5}`)
}

function rotated<T>(items: readonly T[], by: number): readonly T[] {
  const at = by % Math.max(items.length, 1)
  return [...items.slice(at), ...items.slice(0, at)]
}

/** Between the outermost braces alone: others have some of their own. */
function withBlanks(json: string, blanks: number): string {
  const blank = ['', '', '', ' ', '\r\n\t', '\n  '][blanks] ?? ''
  return blank === '' ? json : `{${blank}${json.slice(1, -1)}${blank}}`
}

function objectJson(members: readonly MemberText[]): string {
  return `{${members.map(([name, value]) => `${name}:${value}`).join(',')}}`
}

function arrayJson(items: readonly string[]): string {
  return `[${items.join(',')}]`
}

/** A piece of a record that is no JSON, in the place of any value. */
export function brokenRecordJson(shape: RecordShape): fc.Arbitrary<string> {
  return fc.tuple(recordJson(shape), fc.nat(), brokenJson).map(([json, at, broken]) => {
    const colons = [...json.matchAll(/:(?:null|true|"[^"\\]*"|-?\d+)/g)]
    const one = colons[at % Math.max(colons.length, 1)]
    return one === undefined
      ? json
      : json.slice(0, one.index + 1) + broken + json.slice(one.index + one[0].length)
  })
}

/** What is done to bytes on their way: changed, lost, doubled, cut. */
export type Damage = readonly [
  kind: 'byte' | 'bit' | 'drop' | 'double' | 'cut' | 'insert',
  at: number,
  byte: number,
]

export const damage: fc.Arbitrary<Damage> = fc.tuple(
  fc.constantFrom<Damage[0]>('byte', 'byte', 'bit', 'drop', 'double', 'cut', 'insert'),
  fc.nat(),
  fc.oneof(
    fc.nat(255),
    fc.constantFrom(...Buffer.from('{}[]",:\\ 0-9etnu*\u0000'), 0xff, 0xc3, 0xed, 0xa0, 0xef, 0xbb, 0xbf),
  ),
)

export function damaged(bytes: Buffer, [kind, place, byte]: Damage): Buffer {
  const at = place % Math.max(bytes.length, 1)
  const [before, behind] = [bytes.subarray(0, at), bytes.subarray(at + 1)]
  switch (kind) {
    case 'byte':
      return Buffer.concat([before, Buffer.of(byte), behind])
    case 'bit':
      return Buffer.concat([before, Buffer.of((bytes[at] ?? 0) ^ (1 << (byte % 8))), behind])
    case 'insert':
      return Buffer.concat([before, Buffer.of(byte), bytes.subarray(at)])
    case 'drop':
      return Buffer.concat([before, bytes.subarray(at + 1 + (byte % 9))])
    case 'double':
      return Buffer.concat([before, bytes.subarray(at, at + 1 + (byte % 40)), bytes.subarray(at)])
    case 'cut':
      return before
  }
}
