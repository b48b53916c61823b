import { existsSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, test } from 'vitest'

import { parseAvroRecord } from '../../src/events/schema/avro-record.ts'
import { readSchemaFile } from '../../src/events/schema/schema-file.ts'
import { RESOURCES } from '../../src/resources/index.ts'
import { read, ROOT } from './repository.ts'

/** First columns of the table of topics in README.md. */
function topicsInReadme(): readonly string[] {
  const [, section = ''] = read('README.md').split(/^## Topics and events$/m)
  return [...section.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, name = '']) => name)
}

describe.each(RESOURCES.map((resource) => [resource.name, resource] as const))(
  'of %s there is',
  (name, { events }) => {
    test.each([
      `src/resources/${name}.ts`,
      `schemas/${events.upserted}.avsc`,
      `schemas/${events.deleted}.avsc`,
      `src/simulator/collections/${name}.ts`,
    ])('the file %s', (file) => {
      expect(existsSync(join(ROOT, file))).toBe(true)
    })

    test('a row for its topic in the README', () => {
      expect(topicsInReadme()).toContain(name)
    })

    test('the key in both schemas, and the content at the end of one', () => {
      const namesOf = (schema: string): readonly string[] =>
        parseAvroRecord(readSchemaFile(schema)).fields.map((field) => field.name)
      expect(namesOf(events.upserted)[0]).toBe(events.key)
      expect(namesOf(events.deleted)[0]).toBe(events.key)
      expect(namesOf(events.upserted).at(-1)).toBe(events.content)
    })
  },
)
