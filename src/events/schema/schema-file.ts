import { readFileSync } from 'node:fs'

/** JSON text of the hand-written schema `schemas/<name>.avsc`, by the name of its record. */
export function readSchemaFile(name: string): string {
  // The same step up from src/events/schema and from dist/events/schema.
  return readFileSync(new URL(`../../../schemas/${name}.avsc`, import.meta.url), 'utf8')
}
