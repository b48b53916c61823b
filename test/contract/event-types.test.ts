import { join } from 'node:path'

import { expect, test } from 'vitest'

import { readSchemaFile } from '../../src/events/schema/schema-file.ts'
import { typescriptTypes } from '../../src/contract/typescript-types.ts'

const FILE = join(import.meta.dirname, '../../schemas/event-types.d.ts')
const COMMENT =
  'Generated from schemas/*.avsc; after a change of theirs: npx vitest run -u test/contract/event-types.test.ts'

test('the exported types are those that the schemas say', async () => {
  const generated = typescriptTypes(
    [readSchemaFile('ListingUpserted'), readSchemaFile('ListingDeleted'), readSchemaFile('PassMarker')],
    COMMENT,
  )
  await expect(generated).toMatchFileSnapshot(FILE)
})
