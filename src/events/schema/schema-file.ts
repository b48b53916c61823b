import { readFileSync } from 'node:fs'

/** The hand-written schemas in `schemas/`. `ListingUpserted` lacks the source's fields (see listing-schema.ts). */
export type SchemaFileName =
  | 'ListingUpserted'
  | 'ListingDeleted'
  | 'Checkpoint'
  | 'Watermark'
  | 'Owner'
  | 'Truncation'
  | 'PassMarker'

/** JSON text of `schemas/<name>.avsc`. */
export function readSchemaFile(name: SchemaFileName): string {
  // The same step up from src/events/schema and from dist/events/schema.
  return readFileSync(new URL(`../../../schemas/${name}.avsc`, import.meta.url), 'utf8')
}
