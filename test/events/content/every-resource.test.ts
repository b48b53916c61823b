import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import type { EncodedContent } from '../../../src/domain/content.ts'
import type { JsonObject } from '../../../src/domain/json.ts'
import type { ResourceDescription } from '../../../src/domain/resource.ts'
import { AvroContentEncoder, DEFAULT_LIMIT } from '../../../src/events/content/content-encoder.ts'
import { SchemaRegistry } from '../../../src/events/registry/schema-registry.ts'
import { EventSchemas } from '../../../src/events/schema/event-schemas.ts'
import { readSchemaFile } from '../../../src/events/schema/schema-file.ts'
import { RESOURCES, type KnownResourceName } from '../../../src/resources/index.ts'
import { readRecord } from '../../../src/spark/records.ts'
import { shuffled } from '../arbitrary-json.ts'
import { LoopbackRegistry } from '../loopback-registry.ts'
import { RESOURCE_SAMPLES } from '../resource-samples.ts'
import { FIELDS, NEVER, VOLATILE } from '../sample.ts'

/** The schemas of a resource as its first feed registers them. */
async function firstSchemas(resource: ResourceDescription, url: string): Promise<EventSchemas> {
  const schemas = new EventSchemas({
    registry: new SchemaRegistry({ url }),
    topic: `spark.${resource.name}`,
    resource,
    volatileFields: VOLATILE,
    readSchema: readSchemaFile,
  })
  await schemas.use(resource.fields.from === 'metadata' ? FIELDS : [], NEVER)
  return schemas
}

/** Reads an element of `Results` and encodes it. */
function encode(resource: ResourceDescription, schemas: EventSchemas, body: JsonObject): EncodedContent {
  const encoder = new AvroContentEncoder(new Map([[resource.name, { schemas, limit: DEFAULT_LIMIT }]]))
  const record = readRecord(resource, body)
  if (!('key' in record)) throw new Error(record.reason)
  const result = encoder.encode(resource, record)
  if (result.kind !== 'encoded') throw new Error(result.reason)
  return result.content
}

describe.each(RESOURCES)('a record of $name', (resource) => {
  const name: KnownResourceName = resource.name
  const { body, content, volatileFields, digest } = RESOURCE_SAMPLES[name]

  test('is in its event as the source says it (R12)', async () => {
    await using registry = await LoopbackRegistry.start()
    const schemas = await firstSchemas(resource, registry.url)
    const encoded = encode(resource, schemas, body)
    const type = schemas.version(encoded.schemaId).content
    expect(type.fromBuffer(Buffer.from(encoded.bytes))).toEqual(content)
    expect({ ...encoded.volatileFields }).toEqual(volatileFields)
  })

  test('has one digest in any order of its members, and with every version of this program (R5)', async () => {
    await using registry = await LoopbackRegistry.start()
    const schemas = await firstSchemas(resource, registry.url)
    expect(encode(resource, schemas, body).digest).toBe(digest)
    fc.assert(
      fc.property(shuffled<JsonObject>(body), ([, other]) => {
        expect(encode(resource, schemas, other).digest).toBe(digest)
      }),
    )
  })
})
