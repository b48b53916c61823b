import type { FieldDescription } from '../../src/domain/field-description.ts'
import { parseInstant } from '../../src/domain/instant.ts'
import type { JsonObject } from '../../src/domain/json.ts'
import { recordKey } from '../../src/domain/record-key.ts'
import { LISTINGS } from '../../src/resources/listings.ts'
import type { SourceRecord } from '../../src/domain/source-record.ts'
import {
  AvroContentEncoder,
  DEFAULT_LIMIT,
  type ContentLimit,
  type ContentRules,
} from '../../src/events/content/content-encoder.ts'
import { EventCodec } from '../../src/events/event-codec.ts'
import { evolve, type EvolveOptions } from '../../src/events/schema/event-schema.ts'
import { readSchemaFile } from '../../src/events/schema/schema-file.ts'
import { EventSchemas } from '../../src/events/schema/event-schemas.ts'
import { SchemaRegistry } from '../../src/events/registry/schema-registry.ts'
import { WriterSchemas } from '../../src/events/registry/writer-schemas.ts'
import { LoopbackRegistry } from './loopback-registry.ts'

export const KEY = recordKey('20240117093015123456000000')
export const NEVER = new AbortController().signal
export const VOLATILE = ['DaysOnMarket', 'CumulativeDaysOnMarket']
export const SCHEMA_OPTIONS: EvolveOptions = {
  resource: LISTINGS,
  volatileFields: VOLATILE,
  written: readSchemaFile(LISTINGS.events.upserted),
}

/** The first version of the schema of listings, as JSON text. */
export function listingSchema(fields: readonly FieldDescription[]): string {
  return evolve(null, fields, SCHEMA_OPTIONS)
}

/** Schemas of listings, published into this topic. */
export function listingSchemas(
  registry: SchemaRegistry,
  topic: string,
  volatileFields: readonly string[] = VOLATILE,
): EventSchemas {
  return new EventSchemas({
    registry,
    topic,
    resource: LISTINGS,
    volatileFields,
    readSchema: readSchemaFile,
  })
}

/** An encoder of listings alone. */
export function listingEncoder(
  schemas: ContentRules['schemas'],
  limit: ContentLimit = DEFAULT_LIMIT,
): AvroContentEncoder {
  return new AvroContentEncoder(new Map([[LISTINGS.name, { schemas, limit }]]))
}

/** A codec of listings alone. */
export function listingCodec(schemas: EventSchemas): Promise<EventCodec> {
  return EventCodec.open(new Map([[LISTINGS.name, schemas]]), NEVER)
}

export function described(name: string, type: string, multiSelect = false): FieldDescription {
  return {
    name,
    type,
    multiSelect,
    label: `${name} label`,
    hasList: multiSelect,
    searchable: true,
    nullable: true,
    group: null,
    shownFor: null,
  }
}

export const FIELDS: readonly FieldDescription[] = [
  described('ListingKey', 'Character'),
  described('City', 'Character'),
  described('BedsTotal', 'Integer'),
  described('ListPrice', 'Decimal'),
  described('GarageYN', 'Boolean'),
  described('CloseDate', 'Date'),
  described('StatusChangeTimestamp', 'Datetime'),
  described('Cooling', 'Character', true),
  described('ModificationTimestamp', 'Datetime'),
  described('DaysOnMarket', 'Integer'),
]

/** A row whose `StandardFields` are these. */
export function listing(standardFields: JsonObject, others: JsonObject = {}): SourceRecord {
  const stamp = standardFields['ModificationTimestamp']
  return {
    key: KEY,
    modificationTimestamp: typeof stamp === 'string' ? (parseInstant(stamp) ?? null) : null,
    mlsId: null,
    changeStamps: {},
    body: { Id: KEY, ResourceUri: `/v1/listings/${KEY}`, StandardFields: standardFields, ...others },
  }
}

/** Everything that turns rows into events, on a registry of its own. */
export class Fixture implements AsyncDisposable {
  readonly server: LoopbackRegistry
  readonly registry: SchemaRegistry
  readonly schemas: EventSchemas
  readonly encoder: AvroContentEncoder
  readonly writers: WriterSchemas

  private constructor(server: LoopbackRegistry, limit: ContentLimit) {
    this.server = server
    this.registry = new SchemaRegistry({ url: server.url })
    this.schemas = this.listingSchemas(VOLATILE)
    this.encoder = listingEncoder(this.schemas, limit)
    this.writers = new WriterSchemas(new SchemaRegistry({ url: server.url }))
  }

  static async open(fields = FIELDS, limit = DEFAULT_LIMIT): Promise<Fixture> {
    const fixture = new Fixture(await LoopbackRegistry.start(), limit)
    await fixture.schemas.use(fields, NEVER)
    return fixture
  }

  /** Those of another process. */
  listingSchemas(volatileFields: readonly string[]): EventSchemas {
    return listingSchemas(new SchemaRegistry({ url: this.server.url }), 'spark.listings', volatileFields)
  }

  encode(record: SourceRecord) {
    const result = this.encoder.encode(LISTINGS, record)
    if (result.kind !== 'encoded') throw new Error(result.reason)
    return result.content
  }

  /** The content as numbers and lists, read back by avsc alone. */
  content(record: SourceRecord): ReadBack {
    const { schemaId, bytes } = this.encode(record)
    return this.schemas.version(schemaId).content.fromBuffer(Buffer.from(bytes)) as ReadBack
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]()
  }
}

export interface ReadBack {
  readonly standardFields: Record<string, unknown>
  readonly customFields: Record<string, unknown>
  readonly maskedFields: string[]
  readonly unmappedFields: Record<string, string>
}
