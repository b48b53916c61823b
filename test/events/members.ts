/** A resource whose schema is written by hand, for tests: nested, its fields at the top, some of them volatile. */
import { readFileSync } from 'node:fs'

import type { EncodedContent, SchemaId } from '../../src/domain/content.ts'
import type { JsonObject } from '../../src/domain/json.ts'
import { recordKey } from '../../src/domain/record-key.ts'
import { defineResource } from '../../src/domain/resource.ts'
import type { SourceRecord } from '../../src/domain/source-record.ts'
import { AvroContentEncoder, DEFAULT_LIMIT } from '../../src/events/content/content-encoder.ts'
import { EventCodec } from '../../src/events/event-codec.ts'
import { SchemaRegistry } from '../../src/events/registry/schema-registry.ts'
import { EventSchemas } from '../../src/events/schema/event-schemas.ts'
import { LoopbackRegistry } from './loopback-registry.ts'
import { NEVER } from './sample.ts'

export const MEMBERS = defineResource({
  name: 'members',
  path: '/v1/members',
  keyField: 'Id',
  stamp: 'ModificationTimestamp',
  maxLimit: 1000,
  fields: { from: 'schema', at: 'top' },
  volatileFields: ['LastLogin'],
  events: {
    upserted: 'MemberUpserted',
    deleted: 'MemberDeleted',
    deletion: 'event-and-tombstone',
    key: 'memberKey',
    content: 'member',
    fields: 'fields',
  },
  rows: { topic: 'member-rows', record: 'MemberRow', key: 'Id' },
  changeStamps: [],
  facts: [],
  subresources: [],
})

export const MEMBER_KEY = recordKey('20240117093015123456000001')

/** A row of the source. */
export function member(fields: JsonObject): SourceRecord {
  return {
    key: MEMBER_KEY,
    modificationTimestamp: null,
    mlsId: null,
    changeStamps: {},
    body: { Id: MEMBER_KEY, ResourceUri: `/v1/members/${MEMBER_KEY}`, ...fields },
  }
}

export function readMemberSchema(name: string): string {
  return readFileSync(new URL(`../fixtures/schemas/${name}.avsc`, import.meta.url), 'utf8')
}

/** @param readSchema also of a later version of the program, with more fields */
export function memberSchemas(registry: SchemaRegistry, topic: string, readSchema = readMemberSchema) {
  // The setting is for the others.
  return new EventSchemas({ registry, topic, resource: MEMBERS, volatileFields: ['Name'], readSchema })
}

export interface MemberContent {
  readonly fields: Readonly<Record<string, unknown>>
  readonly maskedFields: readonly string[]
  readonly unmappedFields: Readonly<Record<string, string>>
}

/** What turns members into events, on a registry of its own. */
export class MemberFixture implements AsyncDisposable {
  readonly server: LoopbackRegistry
  readonly registry: SchemaRegistry
  readonly schemas: EventSchemas
  readonly encoder: AvroContentEncoder

  private constructor(server: LoopbackRegistry) {
    this.server = server
    this.registry = new SchemaRegistry({ url: server.url })
    this.schemas = memberSchemas(this.registry, 'spark.members')
    const rules = { schemas: this.schemas, limit: DEFAULT_LIMIT }
    this.encoder = new AvroContentEncoder(new Map([[MEMBERS.name, rules]]))
  }

  static async open(): Promise<MemberFixture> {
    const fixture = new MemberFixture(await LoopbackRegistry.start())
    await fixture.schemas.use([], NEVER)
    return fixture
  }

  codec(): Promise<EventCodec> {
    return EventCodec.open(new Map([[MEMBERS.name, this.schemas]]), NEVER)
  }

  encode(fields: JsonObject): EncodedContent {
    const result = this.encoder.encode(MEMBERS, member(fields))
    if (result.kind !== 'encoded') throw new Error(result.reason)
    return result.content
  }

  /** The content as avsc alone reads it. */
  content(fields: JsonObject): MemberContent {
    const { schemaId, bytes } = this.encode(fields)
    return this.decode(schemaId, bytes)
  }

  decode(schemaId: SchemaId, bytes: Uint8Array): MemberContent {
    return this.schemas.version(schemaId).content.fromBuffer(Buffer.from(bytes)) as MemberContent
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]()
  }
}
