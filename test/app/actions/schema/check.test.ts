import { expect, test } from 'vitest'

import { describeCheck } from '../../../../src/app/actions/schema/check.ts'
import { parseSchemaId } from '../../../../src/domain/content.ts'

const ID = parseSchemaId(17)!
const SUBJECT = 'spark.listings-listingstream.ListingUpserted'
const CHECK = { subject: SUBJECT, version: 4, fields: 7, compatible: true } as const
const METADATA = "the source's metadata"
const CHANGE = { kind: 'added', field: 'Sauna', text: 'Sauna: field added, boolean?' } as const

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
