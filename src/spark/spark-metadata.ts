/** The services that describe the data, asked again only if something changed (docs/spark-api.md §3.5, §4.9). */
import type { FieldDescription } from '../domain/field-description.ts'
import { parseInstant, type Instant } from '../domain/instant.ts'
import { METADATA_BODY_BYTES } from './body-limits.ts'
import type { Envelope } from './envelope.ts'
import {
  readCustomFields,
  readPropertyTypes,
  readStandardFields,
  type PropertyType,
} from './metadata-bodies.ts'
import { get } from './query.ts'
import { unreadable } from './spark-api-error.ts'
import type { SparkClient } from './spark-client.ts'

/** What to send so that an unchanged answer has no body. Of use only for the same key and the same service. */
export interface MetadataVersion {
  readonly etag: string | null
  readonly lastModified: string | null
}

/** `unchanged`: what was fetched with the given version still holds, and so does that version. */
export type MetadataAnswer<Item> =
  | { readonly kind: 'unchanged' }
  | ({
      readonly kind: 'fetched'
      /** `D.LastUpdated`. */
      readonly lastUpdated: Instant | null
      readonly items: readonly Item[]
    } & MetadataVersion)

/** The services that take conditional requests. */
export const METADATA_PATHS = ['/v1/standardfields', '/v1/customfields', '/v1/propertytypes'] as const
export type MetadataPath = (typeof METADATA_PATHS)[number]

export interface SparkMetadata {
  /** Never empty. */
  standardFields(
    previous: MetadataVersion | undefined,
    signal: AbortSignal,
  ): Promise<MetadataAnswer<FieldDescription>>
  /** With their group; none where the MLS has none. */
  customFields(
    previous: MetadataVersion | undefined,
    signal: AbortSignal,
  ): Promise<MetadataAnswer<FieldDescription>>
  propertyTypes(
    previous: MetadataVersion | undefined,
    signal: AbortSignal,
  ): Promise<MetadataAnswer<PropertyType>>
}

export function createSparkMetadata(client: SparkClient): SparkMetadata {
  return {
    standardFields: (previous, signal) =>
      conditionalGet(client, '/v1/standardfields', previous, readStandardFields, signal),
    customFields: (previous, signal) =>
      conditionalGet(client, '/v1/customfields', previous, readCustomFields, signal),
    propertyTypes: (previous, signal) =>
      conditionalGet(client, '/v1/propertytypes', previous, readPropertyTypes, signal),
  }
}

async function conditionalGet<Item>(
  client: SparkClient,
  path: string,
  previous: MetadataVersion | undefined,
  read: (results: NonNullable<Envelope['results']>) => readonly Item[] | undefined,
  signal: AbortSignal,
): Promise<MetadataAnswer<Item>> {
  const exchange = await client.call(
    { ...get('update', path), headers: conditions(previous), largestBody: METADATA_BODY_BYTES },
    signal,
  )
  const { outcome, etag, lastModified } = exchange
  switch (outcome.kind) {
    case 'failure':
      throw outcome.error
    case 'not_modified':
      return { kind: 'unchanged' }
    case 'success': {
      const { results, lastUpdated } = outcome.envelope
      const items = results === undefined ? undefined : read(results)
      if (items === undefined)
        throw unreadable(path, 'describes nothing, so that no schema can be made of it')
      return {
        kind: 'fetched',
        etag,
        lastModified,
        lastUpdated: lastUpdated === undefined ? null : (parseInstant(lastUpdated) ?? null),
        items,
      }
    }
  }
}

/** One of the two: what the API makes of both is not documented (docs/spark-api.md §3.5). */
function conditions(previous: MetadataVersion | undefined): Record<string, string> {
  if (typeof previous?.etag === 'string') return { 'if-none-match': previous.etag }
  if (typeof previous?.lastModified === 'string') return { 'if-modified-since': previous.lastModified }
  return {}
}
