import { join } from 'node:path'

import { expect, test } from 'vitest'

import { readSchemaFile } from '../../src/events/schema-file.ts'
import { typescriptTypes } from '../../src/events/typescript-types.ts'

const FILE = join(import.meta.dirname, '../../src/events/event-types.ts')
const COMMENT =
  'Generated from schemas/*.avsc; after a change of theirs: npx vitest run -u test/events/event-types.test.ts'

test('the exported types are those that the schemas say', async () => {
  const generated = typescriptTypes(
    [readSchemaFile('ListingUpserted'), readSchemaFile('ListingDeleted'), readSchemaFile('PassMarker')],
    COMMENT,
  )
  await expect(generated).toMatchFileSnapshot(FILE)
})
