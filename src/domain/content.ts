/** SHA-256 cut to 128 bits, as 32 lower-case hex digits (R5). */
export type Digest = string & { readonly __brand: 'Digest' }

/** Id of a schema in the registry (an unsigned 32-bit number; the bytes 1–4 of the Confluent wire format). */
export type SchemaId = number & { readonly __brand: 'SchemaId' }

/** What one Avro map of loose values can hold. */
export type LooseValue = null | boolean | number | string

/** A record's content, encoded under one schema. */
export interface EncodedContent {
  /** Of the event schema in which the content is embedded. */
  readonly schemaId: SchemaId
  readonly digest: Digest
  /** Avro bytes of the content record (`listing` in `ListingUpserted`). */
  readonly bytes: Uint8Array
  /** Fields that travel with the event and are no part of the content (setting `VOLATILE_FIELDS`). */
  readonly volatileFields: Readonly<Record<string, LooseValue>>
  /** Fields whose values stand in `unmappedFields`, each once, without the indices of lists (R12). @default none */
  readonly unmapped?: readonly string[]
  /** How many fields of the content are masked, volatile ones not counted. @default 0 */
  readonly masked?: number
}

export type EncodeResult =
  | { readonly kind: 'encoded'; readonly content: EncodedContent }
  /** The record cannot be an event at all; the digest is that of its JSON. */
  | { readonly kind: 'unencodable'; readonly reason: string; readonly digest: Digest }

/** For what was never encoded. The registry's ids begin at 1. */
export const NO_SCHEMA: SchemaId = 0 as SchemaId

/** Of a key that has no content: it is deleted, or was never published. */
export const NO_DIGEST: Digest = '0'.repeat(32) as Digest

/** Undefined unless `text` is 32 lower-case hex digits. */
export function parseDigest(text: string): Digest | undefined {
  return /^[0-9a-f]{32}$/.test(text) ? (text as Digest) : undefined
}

/** Undefined unless `value` is an unsigned 32-bit number. */
export function parseSchemaId(value: number): SchemaId | undefined {
  return Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff ? (value as SchemaId) : undefined
}
