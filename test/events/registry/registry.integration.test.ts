import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, test } from 'vitest'

import { RecordCodec } from '../../../src/events/record-codec.ts'
import { readSchemaFile } from '../../../src/events/schema/schema-file.ts'
import { decodeValue } from '../../../src/events/decode-value.ts'
import { EventSchemas } from '../../../src/events/schema/event-schemas.ts'
import { SchemaRegistry } from '../../../src/events/registry/schema-registry.ts'
import { subjectName } from '../../../src/events/registry/subject-name.ts'
import { WriterSchemas } from '../../../src/events/registry/writer-schemas.ts'
import type { SchemaId } from '../../../src/domain/content.ts'
import { instant } from '../../../src/domain/instant.ts'
import { passId } from '../../../src/domain/pass.ts'
import { LISTINGS } from '../../../src/resources/listings.ts'
import { testStack, uniqueTopicPrefix } from '../../fixtures/test-stack.ts'
import {
  FIELDS,
  KEY,
  NEVER,
  VOLATILE,
  described,
  listing,
  listingCodec,
  listingEncoder,
  listingSchema,
  listingSchemas,
} from '../sample.ts'
import { memberSchemas, readMemberSchema } from '../members.ts'

const SCHEMAS = join(import.meta.dirname, '../../../schemas')

function open() {
  const url = testStack().registryUrl
  const prefix = uniqueTopicPrefix()
  const topic = `${prefix}.listings`
  const subject = subjectName(topic, 'ListingUpserted')
  const registry = new SchemaRegistry({ url })
  const schemas = (): EventSchemas => listingSchemas(registry, topic)
  return { url, prefix, topic, subject, registry, schemas }
}

async function levelOf(url: string, subject: string): Promise<unknown> {
  return (await fetch(`${url}/config/${encodeURIComponent(subject)}`)).json()
}

describe('the real registry', () => {
  test('takes every version that the generator makes, under FULL_TRANSITIVE', async () => {
    const { url, subject, schemas, registry } = open()
    const own = schemas()
    const first = await own.use(FIELDS, NEVER)
    const second = await own.use([...FIELDS, described('Acres', 'Decimal')], NEVER)
    const third = await own.use([described('BedsTotal', 'Decimal'), described('Cooling', 'Character')], NEVER)
    expect(new Set([first, second, third]).size).toBe(3)
    expect(await levelOf(url, subject)).toMatchObject({ compatibilityLevel: 'FULL_TRANSITIVE' })
    expect((await registry.latest(subject, NEVER))?.id).toBe(third)
    expect(await schemas().use(FIELDS, NEVER)).toBe(third)
  })

  test('takes fields that are added to a schema that is written by hand, in its nested records too', async () => {
    const { prefix, registry } = open()
    const topic = `${prefix}.members`
    const field = '{"name":"Label","type":["null","string"],"default":null},'
    const later = (name: string) => readMemberSchema(name).replace(/(?=\{ "name": "(Type|Latitude)")/g, field)
    const first = await memberSchemas(registry, topic).use([], NEVER)
    const second = await memberSchemas(registry, topic, later).use([], NEVER)
    expect(second).not.toBe(first)
    // An older program goes on with what a newer one registered.
    expect(await memberSchemas(registry, topic).use([], NEVER)).toBe(second)
  })

  test('takes a symbol more in each enum of every schema: readers take it for UNKNOWN', async () => {
    const { prefix, registry } = open()
    const schemas = readdirSync(SCHEMAS).filter((file) => file.endsWith('.avsc'))
    for (const file of schemas) {
      const first = readFileSync(join(SCHEMAS, file), 'utf8')
      const later = first.replaceAll(/"symbols": \[[^\]]*/g, '$&, "LATER"')
      expect(later.includes('LATER')).toBe(first.includes('"enum"'))
      const codec = (text: string) => RecordCodec.register(registry, `${prefix}.all`, text, NEVER)
      const ids = [await codec(first), await codec(later)].map(({ schema }) => schema.id)
      expect(new Set(ids).size).toBe(later === first ? 1 : 2)
      // An older program writes under its own version still.
      expect((await codec(first)).schema.id).toBe(ids[0])
    }
  })

  test('takes symbols that are added to those of a subject that has fields of the source', async () => {
    const { registry, subject, schemas, topic } = open()
    const first = await schemas().use(FIELDS, NEVER)
    const later = new EventSchemas({
      registry,
      topic,
      resource: LISTINGS,
      volatileFields: VOLATILE,
      readSchema: (name) => readSchemaFile(name).replace('"REPUBLISHED"]', '"REPUBLISHED", "SPLIT"]'),
    })
    expect(await later.use(FIELDS, NEVER)).not.toBe(first)
    expect(later.refusal).toBeNull()
    expect((await registry.latest(subject, NEVER))?.schema).toContain('"REPUBLISHED","SPLIT"]')
    expect(await schemas().use(FIELDS, NEVER)).toBe(later.currentId)
  })

  test('gives the same bytes back, and the same id for them', async () => {
    const { registry, subject, url } = open()
    const text = listingSchema(FIELDS)
    const id = await registry.register(subject, text, NEVER)
    const other = new SchemaRegistry({ url })
    expect(await other.byId(id, NEVER)).toBe(text)
    expect(await other.register(subject, text, NEVER)).toBe(id)
    expect(await other.latest(subject, NEVER)).toEqual({ id, schema: text })
  })

  test('refuses a version that breaks readers, and says so beforehand', async () => {
    const { registry, subject } = open()
    const long = '{"type":"record","name":"A","fields":[{"name":"n","type":["null","long"],"default":null}]}'
    const double = long.replace('long', 'double')
    await registry.register(subject, long, NEVER)
    expect(await registry.check(subject, double, NEVER)).toBe(false)
    expect(await registry.check(subject, long, NEVER)).toBe(true)
    await expect(registry.register(subject, double, NEVER)).rejects.toMatchObject({
      code: 'REGISTRY_REFUSED',
      retryable: false,
    })
  })

  test('refuses what is no schema', async () => {
    const { registry, subject } = open()
    await expect(registry.register(subject, '{"type":"nonsense"}', NEVER)).rejects.toMatchObject({
      code: 'REGISTRY_REFUSED',
    })
  })

  test('knows nothing of a subject and an id that nobody registered', async () => {
    const { registry, subject } = open()
    expect(await registry.latest(subject, NEVER)).toBeUndefined()
    expect(await registry.byId(0x7f_ff_ff_ff as SchemaId, NEVER)).toBeUndefined()
    expect(await registry.check(subject, '"string"', NEVER)).toBe(true)
  })

  test('a wrong base path is told apart from a registry that lacks a schema', async () => {
    const registry = new SchemaRegistry({ url: `${testStack().registryUrl}/wrong` })
    await expect(registry.latest('s', NEVER)).rejects.toMatchObject({ code: 'REGISTRY_BAD_RESPONSE' })
  })

  test('takes all event schemas; a reader that has only the registry reads an event', async () => {
    const { url, schemas } = open()
    const own = schemas()
    await own.use(FIELDS, NEVER)
    const codec = await listingCodec(own)
    const encoded = listingEncoder(own).encode(LISTINGS, listing({ City: 'Hollin' }))
    if (encoded.kind !== 'encoded') throw new Error(encoded.reason)
    const value = codec.upserted(
      LISTINGS,
      {
        kind: 'upsert',
        key: KEY,
        reason: 'CREATED',
        modificationTimestamp: null,
        observedAt: instant(0),
        mlsId: null,
        changeStamps: {},
        previousDigest: null,
        content: encoded.content,
      },
      passId('p'),
    )
    const reader = new WriterSchemas(new SchemaRegistry({ url }))
    expect(await decodeValue(Buffer.concat(value), reader, NEVER)).toMatchObject({
      name: 'ListingUpserted',
      value: { change: 'CREATED', listing: { standardFields: { City: 'Hollin' } } },
    })
  })
})
