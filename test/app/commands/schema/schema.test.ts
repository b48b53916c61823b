import { describe, expect, test } from 'vitest'

import { describeCheck } from '../../../../src/app/commands/schema/check.ts'
import { schemaTable } from '../../../../src/app/commands/schema/show.ts'
import { parseSchemaId } from '../../../../src/domain/content.ts'
import { readMemberSchema } from '../../../events/members.ts'
import { FIELDS, listingSchema } from '../../../events/sample.ts'

const ID = parseSchemaId(17)!
const SUBJECT = 'spark.listings-listingstream.ListingUpserted'
const CHECK = { subject: SUBJECT, version: 4, fields: 7, compatible: true } as const
const METADATA = "the source's metadata"
const CHANGE = { kind: 'added', field: 'Sauna', text: 'Sauna: field added, boolean?' } as const

describe('schema show', () => {
  test('a line for each field with its path, type and meaning, in one table', () => {
    const schema = listingSchema(FIELDS)
    const [title, headings = '', ...rows] = schemaTable(SUBJECT, { version: 4, id: ID, schema })
    expect(title).toBe(`${SUBJECT} version 4, schema id 17: ${rows.length} fields`)
    const at = headings.indexOf('TYPE')
    expect(rows.map((row) => row.slice(at).split(' ')[0])).toEqual(
      expect.arrayContaining(['string', 'enum', 'timestamp-millis?', 'array', 'date?', 'map']),
    )
    expect(rows).toContainEqual(
      expect.stringMatching(/^listing\.standardFields\.Cooling +array of string\? +Cooling label\./),
    )
  })
})

test('schema show goes into the items of a list, and says that it is one', () => {
  const [, , ...rows] = schemaTable('s', { version: 1, id: ID, schema: readMemberSchema('MemberUpserted') })
  expect(rows.map((row) => row.split(' ')[0])).toEqual(
    expect.arrayContaining([
      'member.fields.Locale.Language',
      'member.fields.Emails[].Address',
      'member.fields.Addresses[].Position.Latitude',
      'member.fields.Billing',
    ]),
  )
})

describe('schema check', () => {
  test('says in words what would change, and what the registry says to it', () => {
    const changed = { ...CHECK, changed: true, changes: [CHANGE] }
    expect(describeCheck(changed, { id: ID }, METADATA)).toEqual([
      `${SUBJECT} version 4 (schema id 17): the source's metadata would change`,
      '  Sauna: field added, boolean?',
      'the registry would take it as the next version',
    ])
    const refused = describeCheck({ ...changed, compatible: false }, { id: ID }, METADATA)
    expect(refused.at(-1)).toContain('would refuse it: the feed would go on with version 4')
  })

  test('says so if nothing would change, and if there is no version yet', () => {
    expect(describeCheck({ ...CHECK, changed: false, changes: [] }, { id: ID }, METADATA)).toEqual([
      expect.stringContaining('would change nothing'),
    ])
    const first = { ...CHECK, version: null, changed: true, changes: [] }
    expect(describeCheck(first, undefined, METADATA)).toEqual([
      expect.stringContaining('the first one, with 7'),
    ])
  })
})
