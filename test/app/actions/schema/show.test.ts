import { expect, test } from 'vitest'

import { schemaTable } from '../../../../src/app/actions/schema/show.ts'
import { parseSchemaId } from '../../../../src/domain/content.ts'
import { readMemberSchema } from '../../../events/members.ts'
import { FIELDS, listingSchema } from '../../../events/sample.ts'

const ID = parseSchemaId(17)!
const SUBJECT = 'spark.listings-listingstream.ListingUpserted'

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

test('it goes into the items of a list, and says that it is one', () => {
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
