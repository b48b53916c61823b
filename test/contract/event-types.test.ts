import { readdirSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { eventRecords } from '../../src/domain/resource.ts'
import { readSchemaFile } from '../../src/events/schema/schema-file.ts'
import { typescriptTypes } from '../../src/contract/typescript-types.ts'
import { RESOURCES, SUBRESOURCES } from '../../src/resources/index.ts'

const SCHEMAS = join(import.meta.dirname, '../../schemas')
const COMMENT =
  'Generated from schemas/*.avsc; after a change of theirs: npx vitest run test/contract/event-types.test.ts -u'

const PUBLISHED = [...RESOURCES, ...SUBRESOURCES]
/** What subscribers read. */
const EVENTS = [...PUBLISHED.flatMap(eventRecords), 'PassMarker', 'SweepCertificate', 'FeedNotification']
const OF_THE_PROGRAM = ['Checkpoint', 'HeldKeys', 'Owner', 'Pauses', 'RowTopics', 'Truncation', 'Watermark']

test('the exported types are those that the schemas say', async () => {
  const schemas = EVENTS.map(readSchemaFile)
  const generated = typescriptTypes({ schemas, resources: PUBLISHED, comment: COMMENT })
  await expect(generated).toMatchFileSnapshot(join(SCHEMAS, 'event-types.d.ts'))
})

test("every schema file is of a resource's events, or of the feed's own records", () => {
  const files = readdirSync(SCHEMAS).filter((file) => file.endsWith('.avsc'))
  expect(files.sort()).toEqual([...EVENTS, ...OF_THE_PROGRAM].map((name) => `${name}.avsc`).sort())
})
