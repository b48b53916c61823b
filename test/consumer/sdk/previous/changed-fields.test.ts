import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { changedFields } from '../../../../src/consumer/sdk/previous/changed-fields.ts'
import type { JsonObject } from '../../../../src/domain/json.ts'
import { readSchemaFile } from '../../../../src/events/schema/schema-file.ts'
import { ACCOUNTS } from '../../../../src/resources/accounts.ts'
import { recordOf, sourceFields, withoutFields, written } from '../schema-versions.ts'

const event = (content: object): object => ({
  listingKey: '1',
  change: 'UPDATED',
  volatileFields: { DaysOnMarket: 3 },
  listing: { standardFields: null, customFields: {}, maskedFields: [], unmappedFields: {}, ...content },
})

describe('changed fields', () => {
  test.each<[string, object, object, string[]]>([
    [
      'fields',
      { standardFields: { A: 1, B: 'x' } },
      { standardFields: { A: 2, B: 'x' } },
      ['standardFields.A'],
    ],
    [
      'a field that a newer schema has, and that is null',
      { standardFields: { A: 1 } },
      { standardFields: { A: 1, B: null } },
      [],
    ],
    [
      'lists as one value',
      { standardFields: { A: ['x'] } },
      { standardFields: { A: ['x', 'y'] } },
      ['standardFields.A'],
    ],
    [
      'members of maps, whatever their names',
      { customFields: { '"Main"."Pool"': true, '"Main"."Spa"': true } },
      { customFields: { '"Main"."Pool"': false } },
      [String.raw`customFields["\"Main\".\"Pool\""]`, String.raw`customFields["\"Main\".\"Spa\""]`],
    ],
    [
      'what is masked or has no field',
      {},
      { maskedFields: ['ClosePrice'], unmappedFields: { New: '1' } },
      ['maskedFields', 'unmappedFields.New'],
    ],
    [
      'records within records',
      { fields: { Locale: { Language: 'en', Zone: null } } },
      { fields: { Locale: { Language: 'fr' } } },
      ['fields.Locale.Language'],
    ],
    [
      'a record in which nothing has a value',
      { fields: { Locale: null } },
      { fields: { Locale: { Language: null } } },
      ['fields.Locale'],
    ],
    [
      'lists of records, whatever class they are of',
      { fields: { Emails: [{ Address: 'a' }] } },
      { fields: { Emails: [Object.create({}, { Address: { value: 'a', enumerable: true } })] } },
      [],
    ],
  ])('are %s', (_, before, after, paths) => {
    expect(changedFields(event(before), event(after))).toEqual(paths)
  })

  test('are not those of the event around the content', () => {
    expect(changedFields(event({}), { ...event({}), change: 'RESTORED', volatileFields: {} })).toEqual([])
  })

  test('are all that have a value, if there was nothing before', () => {
    const after = event({ standardFields: { A: 1, B: null, C: [] }, maskedFields: ['B'] })
    expect(changedFields(null, after)).toEqual(['standardFields.A', 'standardFields.C', 'maskedFields'])
  })

  test('are none between an event and the same out of a store or under an earlier schema, and some between different ones', () => {
    const schema = readSchemaFile(ACCOUNTS.events.upserted)
    const fields = sourceFields(ACCOUNTS, schema)
    const body = recordOf(fields).filter((record) => record['Name'] === undefined)
    fc.assert(
      fc.property(body, (body: JsonObject) => {
        const now = written(ACCOUNTS, schema, body)
        expect(changedFields(JSON.parse(JSON.stringify(now)), now)).toEqual([])
        const earlier = withoutFields(ACCOUNTS, schema, ['Name'])
        expect(changedFields(written(ACCOUNTS, earlier, body), now)).toEqual([])
        expect(changedFields(written(ACCOUNTS, schema, { ...body, Name: 'Ann' }), now)).toEqual([
          'fields.Name',
        ])
      }),
      { numRuns: 40 },
    )
  })
})
