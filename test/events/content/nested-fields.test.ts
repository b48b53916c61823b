import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { isJsonObject, JsonBigInteger, type JsonObject, type JsonValue } from '../../../src/domain/json.ts'
import { MASKED } from '../../../src/domain/masked.ts'
import { jsonValue, shuffled } from '../arbitrary-json.ts'
import { MEMBER_KEY, MemberFixture, type MemberContent } from '../members.ts'

let fixture: MemberFixture
beforeAll(async () => {
  fixture = await MemberFixture.open()
})
afterAll(() => fixture[Symbol.asyncDispose]())

const FULL: JsonObject = {
  Name: 'Ann Marsh',
  Active: true,
  Sales: 12,
  Rating: '4.50',
  LicensedOn: '2011-03-01',
  JoinedAt: '2024-05-02T14:03:09Z',
  Tags: ['luxury', 'farm'],
  Locale: { Language: 'en' },
  Emails: [
    { Type: 'Work', Address: 'ann@example.com', Primary: true },
    { Type: 'Home', Address: 'marsh@example.com', Primary: false },
  ],
  Phones: [{ Number: '701-555-0143', Extension: 7 }],
  Addresses: [{ City: 'Dunmere', Position: { Latitude: 46.8, Longitude: -96.7 } }],
  Billing: { City: 'Hollin', Position: null },
}

describe('a schema that is written by hand', () => {
  test('is filled as deep as it goes, lists of objects in the order of the source', () => {
    expect(fixture.content(FULL)).toEqual({
      fields: {
        ...FULL,
        Rating: 4.5,
        LicensedOn: Date.UTC(2011, 2, 1) / 86_400_000,
        JoinedAt: Date.UTC(2024, 4, 2, 14, 3, 9),
        Tags: ['farm', 'luxury'],
      },
      maskedFields: [],
      unmappedFields: {},
    })
  })

  test('is empty where the source has nothing, and holds nothing of the record before', () => {
    fixture.encode(FULL)
    const { fields } = fixture.content({ Emails: [], Addresses: [{}] })
    expect(fields).toMatchObject({ Name: null, Locale: null, Emails: [], Phones: [], Billing: null })
    expect(fields).toMatchObject({ Addresses: [{ City: null, Position: null }] })
  })

  test('leaves key, stamp and what changes by itself out of the content (R5)', () => {
    const { digest, volatileFields } = fixture.encode({
      ...FULL,
      ModificationTimestamp: '2024-05-02T14:03:09Z',
      LastLogin: '2024-05-03T07:00:00Z',
      Permissions: { Editable: true },
    })
    expect(digest).toBe(fixture.encode(FULL).digest)
    expect({ ...volatileFields }).toEqual({
      LastLogin: '2024-05-03T07:00:00Z',
      Permissions: '{"Editable":true}',
    })
    expect(fixture.content({ Id: '7', ResourceUri: `/v1/members/${MEMBER_KEY}` }).unmappedFields).toEqual({
      Id: '"7"',
    })
  })
})

describe('at every depth (R12)', () => {
  test('what does not fit is kept under its path', () => {
    const { fields, unmappedFields } = fixture.content({
      Name: 7,
      Nickname: 'Annie',
      Locale: { Language: ['en'], Zone: 'CST' },
      Emails: [{ Address: 'a@example.com' }, { Address: 1, Foo: { b: 1, a: 2 } }],
      Addresses: [{ Position: { Latitude: 'north' } }, { Position: [46.8] }],
      Billing: 'none',
      Phones: { Number: '1' },
      Sales: new JsonBigInteger('9007199254740993'),
    })
    expect(unmappedFields).toEqual({
      Name: '7',
      Nickname: '"Annie"',
      'Locale.Language': '["en"]',
      'Locale.Zone': '"CST"',
      'Emails[1].Address': '1',
      'Emails[1].Foo': '{"a":2,"b":1}',
      'Addresses[0].Position.Latitude': '"north"',
      'Addresses[1].Position': '[46.8]',
      Billing: '"none"',
      Phones: '{"Number":"1"}',
      Sales: '9007199254740993',
    })
    expect(fields['Emails']).toMatchObject([{ Address: 'a@example.com' }, { Address: null }])
  })

  test('a masked value is named once for all items of a list', () => {
    const { fields, maskedFields } = fixture.content({
      Name: MASKED,
      Unheard: MASKED,
      Emails: [{ Address: MASKED }, { Address: MASKED, Type: 'Work', Secret: MASKED }],
      Addresses: [{ Position: { Latitude: MASKED } }],
      Billing: MASKED,
    })
    expect(maskedFields).toEqual([
      'Addresses.Position.Latitude',
      'Billing',
      'Emails.Address',
      'Emails.Secret',
      'Name',
      'Unheard',
    ])
    expect(fields['Emails']).toMatchObject([{ Address: null }, { Address: null, Type: 'Work' }])
  })

  test('items that are no objects are kept beside the list', () => {
    const { fields, unmappedFields, maskedFields } = fixture.content({
      Emails: ['a@example.com', { Address: 'b@example.com' }, null, MASKED],
    })
    expect(fields['Emails']).toMatchObject([{ Address: 'b@example.com' }])
    expect(unmappedFields).toEqual({ 'Emails[0]': '"a@example.com"', 'Emails[2]': 'null' })
    expect(maskedFields).toEqual(['Emails'])
  })

  test('a name that reads as a path is another one than the path', () => {
    const { unmappedFields } = fixture.content({
      Emails: [{ Foo: 1, 'a.b': 2 }],
      'Emails[0].Foo': 3,
      'lone \ud800': 4,
      ...JSON.parse('{"__proto__":5}'),
    })
    expect(unmappedFields).toEqual({
      'Emails[0].Foo': '1',
      'Emails[0]["a.b"]': '2',
      '["Emails[0].Foo"]': '3',
      '["lone \\ud800"]': '4',
      '["__proto__"]': '5',
    })
  })
})

/** Objects as the source may send them: names that the schema has at this depth, and any others. */
function objectOf(known: Readonly<Record<string, fc.Arbitrary<JsonValue>>>): fc.Arbitrary<JsonObject> {
  const entry = fc.oneof(
    {
      weight: 3,
      arbitrary: fc
        .constantFrom(...Object.keys(known))
        .chain((name) => fc.tuple(fc.constant(name), fc.oneof(known[name] ?? jsonValue, jsonValue))),
    },
    fc.tuple(fc.constantFrom('Unheard', 'a.b', 'Emails[0].Foo', '__proto__', 'x y'), jsonValue),
  )
  return fc.array(entry, { maxLength: 8 }).map((entries) => Object.fromEntries(entries))
}

const text = fc.constantFrom('a', 'ü', '2024-05-02', '2024-05-02T14:03:09Z', '12', ' 4.50', MASKED)
const address = objectOf({ City: text, Position: objectOf({ Latitude: fc.double(), Longitude: text }) })
const members = objectOf({
  Name: text,
  Active: fc.boolean(),
  Sales: fc.integer(),
  Rating: text,
  LicensedOn: text,
  JoinedAt: text,
  Tags: fc.array(text, { maxLength: 3 }),
  Locale: objectOf({ Language: text }),
  Emails: fc.array(fc.oneof(objectOf({ Type: text, Address: text, Primary: fc.boolean() }), jsonValue)),
  Phones: fc.array(objectOf({ Number: text, Extension: fc.integer() })),
  Addresses: fc.array(address, { maxLength: 3 }),
  Billing: address,
}).map((body) => JSON.parse(JSON.stringify(body)) as JsonObject)

/** Finds each value of the source's record in its content again, and notes the unmapped ones that it found. */
class Search {
  readonly found = new Set<string>()
  readonly #content: MemberContent

  constructor(content: MemberContent) {
    this.#content = content
  }

  members(object: JsonObject, typed: unknown, path: string, field: string): void {
    for (const [name, value] of Object.entries(object)) {
      const plain = /^[A-Za-z_]\w*$/.test(name) && name !== '__proto__'
      const step = plain ? `${path === '' ? '' : '.'}${name}` : `[${JSON.stringify(name)}]`
      const held = typeof typed === 'object' && typed !== null && plain ? Reflect.get(typed, name) : undefined
      this.value(value, held, path + step, field + step)
    }
  }

  value(value: JsonValue, typed: unknown, path: string, field: string): void {
    const unmapped = this.#content.unmappedFields[path]
    if (unmapped !== undefined) {
      this.found.add(path)
      expect(JSON.parse(unmapped)).toEqual(value)
    } else if (value === MASKED) expect(this.#content.maskedFields).toContain(field)
    else if (isJsonObject(value) && isRecord(typed)) this.members(value, typed, path, field)
    else if (Array.isArray(value) && Array.isArray(typed) && typed.every(isRecord)) {
      this.items(value, typed, path, field)
    } else if (value !== null) expect(same(typed, value), `${path}: ${JSON.stringify(value)}`).toBe(true)
  }

  items(items: readonly JsonValue[], typed: readonly unknown[], path: string, field: string): void {
    const rest = [...typed]
    for (const [index, item] of items.entries()) {
      const at = `${path}[${index}]`
      if (isJsonObject(item)) this.members(item, rest.shift(), at, field)
      else if (item === MASKED) expect(this.#content.maskedFields).toContain(field)
      else this.value(item, undefined, at, field)
    }
    expect(rest).toEqual([])
  }
}

function isRecord(typed: unknown): boolean {
  return typeof typed === 'object' && typed !== null && !Array.isArray(typed)
}

/** Whether a typed value says what the source said. */
function same(typed: unknown, value: JsonValue): boolean {
  if (Array.isArray(typed)) {
    const given = isJsonObject(value) ? Object.keys(value) : [value].flat()
    return typed.length === given.length && given.every((item) => typed.includes(item))
  }
  if (typed === value || typeof value !== 'string') return typed === value
  if (/^\d{4}-/.test(value)) return [typed, Number(typed) * 86_400_000].includes(Date.parse(value))
  return Number(value) === typed
}

test('what does not fit is told of by its field, once for all items of a list', () => {
  const emails = [{ Address: 1 }, { Address: 2, Foo: 1 }, 'none']
  expect(fixture.encode({ Emails: emails, 'a.b': 1 }).unmapped?.toSorted()).toEqual([
    'Emails',
    'Emails.Address',
    'Emails.Foo',
    '["a.b"]',
  ])
})

describe('of any record', () => {
  test('every value is in a field, masked, or unmapped, and nothing else is (R12)', () => {
    fc.assert(
      fc.property(members, (body) => {
        const content = fixture.content(body)
        const search = new Search(content)
        search.members(body, content.fields, '', '')
        expect([...search.found].sort()).toEqual(Object.keys(content.unmappedFields).sort())
      }),
      { numRuns: 1_000 },
    )
  })

  test('the digest does not depend on the order of members, at any depth (R5)', () => {
    fc.assert(
      fc.property(members.chain(shuffled), ([one, other]) => {
        expect(fixture.encode(other).digest).toBe(fixture.encode(one).digest)
      }),
    )
  })

  test('what was encoded is what is read', () => {
    fc.assert(
      fc.property(members, (body) => {
        const { projection } = fixture.schemas.current()
        const { schemaId, bytes } = fixture.encode(body)
        const { customFields: _, ...projected } = projection.project(MEMBER_KEY, body).content
        expect(fixture.decode(schemaId, bytes)).toEqual(projected)
      }),
    )
  })
})
