import { describe, expect, test } from 'vitest'
import { d, failure, fixture, type Reply } from './scripted-api.ts'

const signal = AbortSignal.timeout(60_000)
const ETAG = '"00112233445566778899aabbccddeeff"'
const MODIFIED = 'Fri, 01 May 2026 20:55:02 GMT'

const FIELDS = {
  City: {
    ResourceUri: '/v1/standardfields/City',
    Label: 'Town',
    Type: 'Character',
    Searchable: true,
    HasList: true,
    MultiSelect: false,
    Nullable: true,
    MlsVisible: { PropertyTypes: ['A', 'B'] },
  },
  Cooling: { Type: 'Character', HasList: true, MultiSelect: true, Label: '' },
  BedsTotal: { Type: 'Integer' },
  Odd: null,
}

function described(fields: typeof FIELDS = FIELDS): Reply {
  const reply = d({ LastUpdated: '2026-05-01T20:55:02Z', Results: [fields] })
  return { ...reply, headers: { etag: ETAG, 'last-modified': MODIFIED } }
}

test('a label that is no text is not shown: it would stand in a schema that no registry gives back as it was', async () => {
  const fields = {
    City: { Label: 'Ci\u0000ty', Type: 'Charac\ud800ter', MlsVisible: { PropertyTypes: ['A', '\ud800'] } },
  }
  const types = [
    { MlsCode: 'A', MlsName: 'Resi\udc00dential' },
    { MlsCode: '\ud800', MlsName: 'x' },
  ]
  await using t = await fixture([d({ Results: [fields] }), d({ Results: types })])
  const signal = AbortSignal.timeout(5_000)
  expect(await t.source.metadata.standardFields(undefined, signal)).toMatchObject({
    items: [{ name: 'City', label: 'City', type: '', shownFor: ['A'] }],
  })
  expect(await t.source.metadata.propertyTypes(undefined, signal)).toMatchObject({
    items: [{ code: 'A', name: 'A' }],
  })
})

describe('standardFields', () => {
  test('brings every field with what is said of it', async () => {
    await using t = await fixture([described()])
    const none = {
      hasList: false,
      multiSelect: false,
      searchable: false,
      nullable: null,
      group: null,
      shownFor: null,
    }
    expect(await t.source.metadata.standardFields(undefined, signal)).toEqual({
      kind: 'fetched',
      etag: ETAG,
      lastModified: MODIFIED,
      lastUpdated: Date.parse('2026-05-01T20:55:02Z'),
      items: [
        {
          ...none,
          name: 'City',
          type: 'Character',
          label: 'Town',
          hasList: true,
          searchable: true,
          nullable: true,
          shownFor: ['A', 'B'],
        },
        { ...none, name: 'Cooling', type: 'Character', label: 'Cooling', hasList: true, multiSelect: true },
        { ...none, name: 'BedsTotal', type: 'Integer', label: 'BedsTotal' },
        { ...none, name: 'Odd', type: '', label: 'Odd' },
      ],
    })
    expect(t.api.asked[0]).toMatchObject({ path: '/v1/standardfields', query: {} })
    expect(t.api.asked[0]?.headers).not.toHaveProperty('if-none-match')
    expect(t.api.asked[0]?.headers).not.toHaveProperty('if-modified-since')
  })

  test.each([
    [{ etag: ETAG, lastModified: MODIFIED }, { 'if-none-match': ETAG }, 'if-modified-since'],
    [{ etag: null, lastModified: MODIFIED }, { 'if-modified-since': MODIFIED }, 'if-none-match'],
  ])('asks with %j for what is newer, by one header', async (previous, sent, unsent) => {
    await using t = await fixture([{ status: 304, headers: { etag: ETAG } }])
    expect(await t.source.metadata.standardFields(previous, signal)).toEqual({ kind: 'unchanged' })
    expect(t.api.asked[0]?.headers).toMatchObject(sent)
    expect(t.api.asked[0]?.headers).not.toHaveProperty(unsent)
  })

  test('a version that names nothing asks for everything', async () => {
    await using t = await fixture([described()])
    expect(await t.source.metadata.standardFields({ etag: null, lastModified: null }, signal)).toMatchObject({
      kind: 'fetched',
    })
  })

  test('304 to a question without condition is an error', async () => {
    await using t = await fixture([{ status: 304 }])
    await expect(t.source.metadata.standardFields(undefined, signal)).rejects.toMatchObject({
      code: 'SPARK_WRONG_ENDPOINT',
    })
  })

  test('the condition is kept through a retry', async () => {
    await using t = await fixture([failure(503, 1510), { status: 304 }])
    const previous = { etag: ETAG, lastModified: null }
    expect(await t.source.metadata.standardFields(previous, signal)).toEqual({ kind: 'unchanged' })
    expect(t.api.asked[1]?.headers).toMatchObject({ 'if-none-match': ETAG })
  })

  test.each([[d({ Results: [] })], [d({ Results: [{}] })], [d({ Results: ['City'] })], [d({})]])(
    'an answer without fields is an error, not an MLS without fields (R8)',
    async (reply) => {
      await using t = await fixture([reply])
      await expect(t.source.metadata.standardFields(undefined, signal)).rejects.toMatchObject({
        code: 'SPARK_BAD_RESPONSE',
      })
    },
  )

  test('an answer without validators and date is fetched all the same', async () => {
    await using t = await fixture([d({ LastUpdated: 'lately', Results: [{ City: {} }] })])
    expect(await t.source.metadata.standardFields(undefined, signal)).toMatchObject({
      kind: 'fetched',
      etag: null,
      lastModified: null,
      lastUpdated: null,
    })
  })
})

describe('customFields', () => {
  test('brings the fields of every group, blanks in their names kept', async () => {
    const groups = {
      'General Description': {
        Label: 'General',
        Fields: { 'Flood Plain': { Type: 'Character', Label: 'Flood plain', MaxListSize: false } },
      },
      Remarks: { Fields: { 'Flood Plain': { Type: 'Boolean' } } },
      Empty: { Label: 'Nothing' },
    }
    await using t = await fixture([d({ Results: [groups] })])
    expect(await t.source.metadata.customFields(undefined, signal)).toMatchObject({
      kind: 'fetched',
      items: [
        { group: 'General Description', name: 'Flood Plain', type: 'Character', label: 'Flood plain' },
        { group: 'Remarks', name: 'Flood Plain', type: 'Boolean' },
      ],
    })
    expect(t.api.asked[0]?.path).toBe('/v1/customfields')
  })

  test('an MLS may have none', async () => {
    await using t = await fixture([d({ Results: [{}] })])
    expect(await t.source.metadata.customFields(undefined, signal)).toMatchObject({ items: [] })
  })
})

describe('propertyTypes', () => {
  test('brings codes and names', async () => {
    const Results = [{ MlsName: 'Residential', MlsCode: 'A' }, { MlsCode: 'B' }, { MlsName: 'No code' }]
    await using t = await fixture([d({ Results })])
    expect(await t.source.metadata.propertyTypes(undefined, signal)).toMatchObject({
      items: [
        { code: 'A', name: 'Residential' },
        { code: 'B', name: 'B' },
      ],
    })
    expect(t.api.asked[0]?.path).toBe('/v1/propertytypes')
  })
})
