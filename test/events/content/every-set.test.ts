import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import type { EncodedContent } from '../../../src/domain/content.ts'
import type { JsonValue } from '../../../src/domain/json.ts'
import type { Subresource } from '../../../src/domain/resource.ts'
import { AvroContentEncoder, DEFAULT_LIMIT } from '../../../src/events/content/content-encoder.ts'
import { SchemaRegistry } from '../../../src/events/registry/schema-registry.ts'
import { compileType } from '../../../src/events/schema/compile-type.ts'
import { evolve } from '../../../src/events/schema/event-schema.ts'
import { EventSchemas } from '../../../src/events/schema/event-schemas.ts'
import { readSchemaFile } from '../../../src/events/schema/schema-file.ts'
import { LISTING_SETS } from '../../../src/resources/listing-sets.ts'
import { shuffled } from '../arbitrary-json.ts'
import { LoopbackRegistry } from '../loopback-registry.ts'
import { KEY, NEVER } from '../sample.ts'
import { SET_SAMPLES, type KnownSetName, type SetSample } from '../set-samples.ts'

/** The schemas of a set as its first feed registers them. */
async function firstSchemas(set: Subresource, url: string): Promise<EventSchemas> {
  const schemas = new EventSchemas({
    registry: new SchemaRegistry({ url }),
    topic: `spark.${set.name}`,
    resource: set,
    volatileFields: [],
    readSchema: readSchemaFile,
  })
  await schemas.use([], NEVER)
  return schemas
}

function encode(set: Subresource, schemas: EventSchemas, parts: readonly JsonValue[]): EncodedContent {
  const encoder = new AvroContentEncoder(new Map([[set.name, { schemas, limit: DEFAULT_LIMIT }]]))
  const body = { Id: KEY, [set.expansion]: parts }
  const record = { key: KEY, modificationTimestamp: null, mlsId: null, changeStamps: {}, body }
  const result = encoder.encode(set, record)
  if (result.kind !== 'encoded') throw new Error(result.reason)
  return result.content
}

describe.each(LISTING_SETS)('a set of $name', (set) => {
  const name: KnownSetName = set.name
  const { parts, content, maskedFields, unmappedFields, digest }: SetSample = SET_SAMPLES[name]

  test('is in its event as the source says it, in its order (R12)', async () => {
    await using registry = await LoopbackRegistry.start()
    const schemas = await firstSchemas(set, registry.url)
    const read = (of: readonly JsonValue[]): unknown => {
      const { schemaId, bytes } = encode(set, schemas, of)
      return schemas.version(schemaId).content.fromBuffer(Buffer.from(bytes))
    }
    expect(read(parts)).toEqual({ fields: { [set.expansion]: content }, maskedFields, unmappedFields })
    expect(read([])).toEqual({ fields: { [set.expansion]: [] }, maskedFields: [], unmappedFields: {} })
  })

  test('has one digest in any order of members, another in another order of parts, and the same with every version of this program (R5)', async () => {
    await using registry = await LoopbackRegistry.start()
    const schemas = await firstSchemas(set, registry.url)
    expect(encode(set, schemas, parts).digest).toBe(digest)
    fc.assert(
      fc.property(shuffled<readonly JsonValue[]>(parts), ([, other]) => {
        expect(encode(set, schemas, other).digest).toBe(digest)
      }),
      { numRuns: 30 },
    )
    const [first, second] = [{ Id: '1' }, { Id: '2' }]
    const reordered = encode(set, schemas, [second, first]).digest
    expect(encode(set, schemas, [first, second]).digest).not.toBe(reordered)
  })

  test('can be read under a later version of its schema, and the other way round (FULL_TRANSITIVE)', () => {
    const written = readSchemaFile(set.events.upserted)
    const options = { resource: set, volatileFields: [], written }
    const first = evolve(null, [], options)
    const field = '{"name":"Later","type":["null","string"],"default":null}'
    const id = /\{\s*"name": "Id"/
    expect(written).toMatch(id)
    const grown = written.replace(id, `${field},{"name": "Id"`)
    const second = evolve(first, [], { ...options, written: grown })
    expect(second).toContain('"Later"')
    // An older program goes on with what a newer one registered.
    expect(evolve(second, [], options)).toBe(second)
    const [older, newer] = [compileType(first).type, compileType(second).type]
    for (const [reader, writer] of [
      [older, newer],
      [newer, older],
    ] as const) {
      const event = { listingKey: KEY, [set.events.content]: { fields: { [set.expansion]: [{ Id: '1' }] } } }
      const bytes = writer.toBuffer(writer.clone(event))
      expect(reader.fromBuffer(bytes, reader.createResolver(writer))).toMatchObject(event)
    }
  })
})
