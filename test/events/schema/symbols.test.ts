import { describe, expect, test } from 'vitest'

import type { DeletionEvidence, DeletionReason, UpsertReason } from '../../../src/domain/change.ts'
import { parseAvroRecord } from '../../../src/events/schema/avro-record.ts'
import { symbolsOf } from '../../../src/events/schema/avro-type-text.ts'
import { readSchemaFile } from '../../../src/events/schema/schema-file.ts'
import { RESOURCES } from '../../../src/resources/index.ts'

const CHANGES = {
  SNAPSHOT: true,
  CREATED: true,
  UPDATED: true,
  RESTORED: true,
  REPUBLISHED: true,
} satisfies Record<UpsertReason, true>
const REASONS = { NOT_IN_SOURCE: true, OPERATOR: true, OUT_OF_SCOPE: true } satisfies Record<
  DeletionReason,
  true
>
const EVIDENCE = { LIST_QUERY: true, HTTP_404: true } satisfies Record<DeletionEvidence, true>

/** Of a field of a hand-written schema. */
function symbols(schema: string, field: string): readonly string[] {
  const { fields } = parseAvroRecord(readSchemaFile(schema))
  return symbolsOf(fields.find(({ name }) => name === field)?.type)
}

describe.each(RESOURCES.map(({ name, events }) => [name, events] as const))(
  'the events of %s have a symbol for',
  (_, { upserted, deleted }) => {
    test.each([
      [upserted, 'change', CHANGES],
      [deleted, 'reason', REASONS],
      [deleted, 'evidence', EVIDENCE],
    ])('each word of the program: %s.%s', (schema, field, words) => {
      expect(symbols(schema, field)).toEqual(['UNKNOWN', ...Object.keys(words)])
    })
  },
)
