/**
 * What one thread can do at most with these pages: `JSON.parse` and avsc's `encode()` of the same records under the same
 * schema, and nothing else. What the program does beside it, it does in the time above this.
 */
import { performance } from 'node:perf_hooks'

import { AvroBuffer } from '../src/events/content/avro-buffer.ts'
import { compileEvent } from '../src/events/schema/compiled-event.ts'
import type { SchemaId } from '../src/domain/content.ts'
import { isJsonObject, type JsonObject } from '../src/domain/json.ts'
import { recordKey, type RecordKey } from '../src/domain/record-key.ts'
import { LISTINGS } from '../src/resources/listings.ts'

export interface ThreadLimit {
  readonly parseSeconds: number
  readonly encodeSeconds: number
  /** Of both together. */
  readonly listingsPerSecond: number
}

export interface ListingSchema {
  readonly id: SchemaId
  readonly text: string
}

export function measureThreadLimit(pages: readonly string[], schema: ListingSchema): ThreadLimit {
  const { content, projection } = compileEvent(schema.id, schema.text, {
    volatileFields: ['DaysOnMarket', 'CumulativeDaysOnMarket'],
    resource: LISTINGS,
  })
  const buffer = new AvroBuffer()
  let parseMs = 0
  let encodeMs = 0
  let listings = 0
  for (const page of pages) {
    const begun = performance.now()
    const parsed: unknown = JSON.parse(page)
    parseMs += performance.now() - begun
    // Not measured: avsc takes objects of the schema's shape, however they came about.
    const contents = resultsOf(parsed).map((row) => projection.project(keyOf(row), row).content)
    const encoding = performance.now()
    for (const record of contents) buffer.encode(content, record)
    encodeMs += performance.now() - encoding
    listings += contents.length
  }
  return {
    parseSeconds: parseMs / 1000,
    encodeSeconds: encodeMs / 1000,
    listingsPerSecond: listings / ((parseMs + encodeMs) / 1000),
  }
}

export function keyOf(row: JsonObject): RecordKey {
  return recordKey(typeof row['Id'] === 'string' ? row['Id'] : '')
}

export function resultsOf(page: unknown): readonly JsonObject[] {
  const envelope = isJsonObject(page) ? page['D'] : undefined
  const results = isJsonObject(envelope) ? envelope['Results'] : undefined
  if (!Array.isArray(results)) throw new TypeError('A page of the simulator has no Results.')
  return results.filter(isJsonObject)
}
