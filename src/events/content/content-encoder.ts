import type { Digest, EncodedContent, EncodeResult, SchemaId } from '../../domain/content.ts'
import { NestedTooDeep } from '../../domain/json.ts'
import type { ResourceDescription, ResourceName } from '../../domain/resource.ts'
import type { BrokenRecord, SourceRecord } from '../../domain/source-record.ts'
import { InvariantViolation } from '../../support/errors.ts'
import { AvroBuffer } from './avro-buffer.ts'
import { canonicalJson, DEEPEST_VALUE } from './canonical-json.ts'
import { digestOf } from './digest.ts'
import type { ContentRecord, Projection, Projected } from './projection.ts'
import type { EventSchemas } from '../schema/event-schemas.ts'
import { formerBodies } from './way-of-asking.ts'

export interface ContentLimit {
  /** Largest content record with its volatile fields. */
  readonly bytes: number
  /** What bounds it so, for the reasons of dead letters, e.g. a setting with its value; null: nobody's setting. */
  readonly setting: string | null
}

/** Below the broker's `message.max.bytes` (1 MiB unless set), with room for envelope and headers. */
export const DEFAULT_LIMIT: ContentLimit = { bytes: 900_000, setting: null }

/** What the content of one resource is made by. */
export interface ContentRules {
  readonly schemas: Pick<EventSchemas, 'load' | 'current' | 'version'>
  readonly limit: ContentLimit
}

/** Implements the port `ContentEncoder`. */
export class AvroContentEncoder {
  readonly #rules: ReadonlyMap<ResourceName, ContentRules>
  readonly #buffer = new AvroBuffer()

  /** @param rules of each resource */
  constructor(rules: ReadonlyMap<ResourceName, ContentRules>) {
    this.#rules = rules
  }

  prepare(resource: ResourceDescription, older: Iterable<SchemaId>, signal: AbortSignal): Promise<void> {
    return this.#of(resource).schemas.load(older, signal)
  }

  /** What was made where the record was read counts as long as the same schema is current. */
  encode(resource: ResourceDescription, record: SourceRecord): EncodeResult {
    const { schemas, limit } = this.#of(resource)
    const { id, content, projection } = schemas.current()
    const { made } = record
    if (made?.schemaId === id) return made.result
    if (record.broken !== undefined) return broken(record, record.broken)
    const projected = published(projection, record)
    if (projected === undefined) {
      return unencodable(
        record,
        `A value is nested deeper than the ${DEEPEST_VALUE} levels that are published.`,
      )
    }
    let encoded: Buffer
    try {
      encoded = this.#buffer.encode(content, projected.content)
    } catch {
      // avsc's error names no path (docs/kafka.md §10).
      const paths: string[] = []
      content.isValid(projected.content, { errorHook: (path) => paths.push(path.join('.')) })
      return unencodable(record, `Avro cannot hold ${paths.length === 0 ? 'the record' : paths.join(', ')}.`)
    }
    const digest = digestOf(encoded)
    if (projected.maskedVolatile.length > 0) encoded = this.#buffer.encode(content, withMasked(projected))
    const bytes = encoded.length + bytesOf(projected.volatileFields)
    if (bytes > limit.bytes) {
      const by = limit.setting === null ? '' : ` (${limit.setting})`
      return unencodable(
        record,
        `The record has ${bytes} bytes; at most ${limit.bytes} can be published${by}.`,
      )
    }
    return {
      kind: 'encoded',
      content: {
        schemaId: id,
        digest,
        bytes: Buffer.from(encoded),
        volatileFields: projected.volatileFields,
        unmapped: projected.unmapped,
        masked: projected.content.maskedFields.length,
      },
    }
  }

  digestUnder(resource: ResourceDescription, record: SourceRecord, schema: SchemaId): Digest {
    const { content, projection } = this.#of(resource).schemas.version(schema)
    return digestOf(this.#buffer.encode(content, projection.project(record.key, record.body).content))
  }

  formerDigests(
    resource: ResourceDescription,
    { key, body }: SourceRecord,
    schema: SchemaId,
  ): readonly Digest[] {
    // Fields at the top came later: nothing was published so.
    if (resource.fields.at === 'top') return []
    const { content, projection } = this.#of(resource).schemas.version(schema)
    return formerBodies(key, body).map((former) =>
      digestOf(this.#buffer.encode(content, projection.project(key, former, true).content)),
    )
  }

  #of({ name }: ResourceDescription): ContentRules {
    const rules = this.#rules.get(name)
    if (rules === undefined) throw new InvariantViolation(`The content of ${name} cannot be made here.`)
    return rules
  }
}

/** Its bytes may differ from answer to answer. */
function broken(record: SourceRecord, { reason }: BrokenRecord): EncodeResult {
  const { key, modificationTimestamp } = record
  const digest = digestOf(`${key} ${String(modificationTimestamp)} ${reason}`)
  return { kind: 'unencodable', reason, digest }
}

/** Undefined if it is nested too deep to be published. */
function published(projection: Projection, { key, body }: SourceRecord): Projected | undefined {
  try {
    return projection.project(key, body)
  } catch (error) {
    if (error instanceof NestedTooDeep) return undefined
    throw error
  }
}

/** What is published; its digest is taken without these names. */
function withMasked({ content, maskedVolatile }: Projected): ContentRecord {
  return { ...content, maskedFields: [...content.maskedFields, ...maskedVolatile].sort() }
}

/** Of the volatile fields, which stand in the event's envelope; only their texts can be long. */
export function bytesOf(fields: EncodedContent['volatileFields']): number {
  let bytes = 0
  for (const name in fields) {
    const value = fields[name]
    bytes += name.length + (typeof value === 'string' ? Buffer.byteLength(value) : 8)
  }
  return bytes
}

function unencodable(record: SourceRecord, reason: string): EncodeResult {
  return { kind: 'unencodable', reason, digest: digestOf(canonicalJson(record.body)) }
}
