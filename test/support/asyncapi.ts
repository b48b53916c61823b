import { AvroSchemaParser } from '@asyncapi/avro-schema-parser'
import { Parser } from '@asyncapi/parser'

/** Error and warning. Information (2) is that a newer AsyncAPI exists. */
const SEVERITIES: ReadonlySet<number> = new Set([0, 1])

/** What AsyncAPI's own parser has against a document, JSON or YAML; Avro schemas are compiled too. */
export async function asyncApiProblems(text: string): Promise<readonly string[]> {
  const parser = new Parser()
  parser.registerSchemaParser(AvroSchemaParser())
  const { document, diagnostics } = await parser.parse(text)
  const problems = diagnostics
    .filter(({ severity }) => SEVERITIES.has(severity))
    .map(({ message, path }) => `${path.join('.')}: ${message}`)
  return document === undefined ? ['it is no document', ...problems] : problems
}
