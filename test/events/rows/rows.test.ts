import * as fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'

import type { Upsert } from '../../../src/domain/change.ts'
import { instant } from '../../../src/domain/instant.ts'
import type { JsonObject } from '../../../src/domain/json.ts'
import { passId } from '../../../src/domain/pass.ts'
import type { ResourceDescription } from '../../../src/domain/resource.ts'
import { AvroContentEncoder, DEFAULT_LIMIT } from '../../../src/events/content/content-encoder.ts'
import { decodeValue } from '../../../src/events/decode-value.ts'
import { EventCodec } from '../../../src/events/event-codec.ts'
import { SchemaRegistry } from '../../../src/events/registry/schema-registry.ts'
import { WriterSchemas } from '../../../src/events/registry/writer-schemas.ts'
import { RowSchemas, type RowSchemasOptions } from '../../../src/events/rows/row-schemas.ts'
import { EventSchemas } from '../../../src/events/schema/event-schemas.ts'
import { readSchemaFile } from '../../../src/events/schema/schema-file.ts'
import { unframe } from '../../../src/events/wire-format.ts'
import { RESOURCES, type KnownResourceName } from '../../../src/resources/index.ts'
import { LISTINGS } from '../../../src/resources/listings.ts'
import { readRecord } from '../../../src/spark/records.ts'
import { LoopbackRegistry } from '../loopback-registry.ts'
import { RESOURCE_SAMPLES } from '../resource-samples.ts'
import { described, FIELDS, KEY, NEVER, VOLATILE } from '../sample.ts'

type Row = Readonly<Record<string, unknown>>
type Fields = typeof FIELDS

/** Events and rows of one resource, on a registry of its own. */
class Rows implements AsyncDisposable {
  readonly server: LoopbackRegistry
  readonly events: EventSchemas
  readonly rows: RowSchemas
  readonly onRefusal = vi.fn<RowSchemasOptions['onRefusal']>()
  readonly #resource: ResourceDescription
  readonly #writers: WriterSchemas

  private constructor(server: LoopbackRegistry, resource: ResourceDescription, mostBytes: number) {
    const registry = new SchemaRegistry({ url: server.url })
    this.server = server
    this.#resource = resource
    this.#writers = new WriterSchemas(registry)
    this.events = new EventSchemas({
      registry,
      topic: `spark.${resource.name}`,
      resource,
      volatileFields: VOLATILE,
      readSchema: readSchemaFile,
    })
    const topic = `spark.${resource.rows.topic}`
    this.rows = new RowSchemas({ registry, resource, topic, mostBytes, onRefusal: this.onRefusal })
  }

  static async open(
    resource: ResourceDescription = LISTINGS,
    fields: Fields = FIELDS,
    mostBytes = DEFAULT_LIMIT.bytes,
  ): Promise<Rows> {
    const rows = new Rows(await LoopbackRegistry.start(), resource, mostBytes)
    await rows.events.use(resource.fields.from === 'metadata' ? fields : [], NEVER)
    return rows
  }

  /** The event of an element of `Results`, in the wire format. */
  async event(body: JsonObject): Promise<Uint8Array> {
    const resource = this.#resource
    const rules = { schemas: this.events, limit: DEFAULT_LIMIT }
    const record = readRecord(resource, body)
    if (!('key' in record)) throw new Error(record.reason)
    const encoded = new AvroContentEncoder(new Map([[resource.name, rules]])).encode(resource, record)
    if (encoded.kind !== 'encoded') throw new Error(encoded.reason)
    const upsert: Upsert = {
      ...record,
      kind: 'upsert',
      reason: 'UPDATED',
      observedAt: instant(Date.UTC(2026, 4, 2, 14, 20)),
      previousDigest: null,
      content: encoded.content,
    }
    const codec = await EventCodec.open(new Map([[resource.name, this.events]]), NEVER)
    return Buffer.concat(codec.upserted(resource, upsert, passId('p-1')))
  }

  async row(event: Uint8Array, asker = 'p-1'): Promise<Row> {
    await this.rows.prepare([unframe(event).schemaId], asker, NEVER)
    return await this.read(this.rows.row(event))
  }

  /** As people read it: dates and stamps are text. */
  async read(value: Uint8Array): Promise<Row> {
    return (await decodeValue(value, this.#writers, NEVER)).value as Row
  }

  /** Texts of the versions of the rows' schema. */
  versions(): readonly string[] {
    return this.server.versions.get(`spark.${this.#resource.rows.topic}-value`) ?? []
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]()
  }
}

const listing = (fields: JsonObject): JsonObject => ({
  Id: KEY,
  StandardFields: { ListingKey: KEY, ModificationTimestamp: '2026-05-02T14:03:09Z', ...fields },
})

interface EventValue {
  readonly observedAt: string
  readonly modificationTimestamp: string | null
  readonly [content: string]: unknown
}

describe.each(RESOURCES)('the row of a record of $name', (resource) => {
  test('says what its event says: plain values as they are, everything else as JSON text (R12)', async () => {
    await using rows = await Rows.open(resource)
    const known: KnownResourceName = resource.name
    const event = await rows.event(RESOURCE_SAMPLES[known].body)
    const row = await rows.row(event)
    const value = (await rows.read(event)) as EventValue
    const content = value[resource.events.content] as Row
    expect(row[resource.rows.key]).toBe(KEY)
    expect(row['ObservedAt']).toBe(value.observedAt)
    expect(row['OmittedFields']).toBeNull()
    if (resource.stamp !== null) expect(row[resource.stamp]).toBe(value.modificationTimestamp)
    for (const name of ['maskedFields', 'unmappedFields'] as const) {
      expect(JSON.parse(String(row[`${name.charAt(0).toUpperCase()}${name.slice(1)}`]))).toEqual(
        content[name],
      )
    }
    for (const [name, told] of Object.entries(content[resource.events.fields] as Row)) {
      const isPlain = told === null || typeof told !== 'object'
      expect(isPlain ? row[name] : JSON.parse(String(row[name])), name).toEqual(
        isPlain ? told : JSON.parse(JSON.stringify(told)),
      )
    }
  })
})

describe('the schema of rows', () => {
  test('is of one record type, nullable throughout, under the subject that stock tools look for', async () => {
    await using rows = await Rows.open()
    await rows.row(await rows.event(listing({})))
    const [text = '', ...others] = rows.versions()
    expect(others).toEqual([])
    const { name, fields } = JSON.parse(text)
    expect(name).toBe('ListingRow')
    for (const { type, default: otherwise } of fields) expect([type[0], otherwise]).toEqual(['null', null])
    expect(fields.map((field: { name: string }) => field.name).slice(0, 3)).toEqual([
      'ListingKey',
      'ModificationTimestamp',
      'ObservedAt',
    ])
    expect(rows.server.compatibility.get('spark.listing-rows-value')).toBe('FULL_TRANSITIVE')
  })

  test('has a column each for fields that differ in case alone, and says which is which', async () => {
    const fields = [...FIELDS, described('WaterfrontYN', 'Boolean'), described('WaterFrontYN', 'Boolean')]
    await using rows = await Rows.open(LISTINGS, fields)
    const row = await rows.row(await rows.event(listing({ WaterfrontYN: true, WaterFrontYN: false })))
    expect(row).toMatchObject({ WaterFrontYN: false, WaterfrontYN_2: true })
    const { doc } = JSON.parse(rows.versions()[0]!).fields.find(
      (field: { name: string }) => field.name === 'WaterfrontYN_2',
    )
    expect(doc).toContain('Named WaterfrontYN at the source')
  })

  test('gets the fields that the events get, behind its others; older events fill what they have', async () => {
    await using rows = await Rows.open()
    const old = await rows.event(listing({ City: 'Minot' }))
    await rows.row(old)
    await rows.events.use([...FIELDS, described('Acres', 'Decimal')], NEVER)
    expect(await rows.row(await rows.event(listing({ Acres: 2.5 })))).toMatchObject({ Acres: 2.5 })
    expect(await rows.read(rows.rows.row(old))).toMatchObject({ City: 'Minot', Acres: null })
    const [before, after] = rows.versions().map((text) => JSON.parse(text).fields)
    expect(after.slice(0, before.length)).toEqual(before)
    expect(after).toHaveLength(before.length + 1)
  })

  test('is followed as far as the registry takes it: what has no column stands in UnmappedFields (R12)', async () => {
    await using rows = await Rows.open()
    await rows.row(await rows.event(listing({})))
    await rows.events.use([...FIELDS, described('Opened', 'Date'), described('Acres', 'Decimal')], NEVER)
    const event = await rows.event(listing({ Opened: '2026-05-01', Acres: 2.5, Unheard: 'x' }))
    const refuse: LoopbackRegistry['interrupt'] = (call, response) => {
      if (call !== 'POST /subjects/spark.listing-rows-value/versions') return false
      response.writeHead(409).end(JSON.stringify({ error_code: 409, message: 'no' }))
      return true
    }
    rows.server.interrupt = refuse
    const row = await rows.row(event)
    expect(JSON.parse(String(row['UnmappedFields']))).toEqual({
      Acres: '2.5',
      Opened: '"2026-05-01"',
      Unheard: '"x"',
    })
    expect(rows.onRefusal).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({ code: 'REGISTRY_REFUSED' }),
    )
    const asked = rows.server.requests.length
    await rows.row(event)
    expect(rows.server.requests, 'the same pass does not ask again').toHaveLength(asked)
    rows.server.interrupt = () => false
    expect(await rows.row(event, 'p-2')).toMatchObject({ Acres: 2.5, Opened: '2026-05-01' })
    expect(rows.onRefusal).toHaveBeenLastCalledWith(null)
  })

  test('lets nothing be written that the registry does not know', async () => {
    await using rows = await Rows.open()
    await rows.row(await rows.event(listing({})))
    expect(rows.rows.schemasInUse()).toEqual([
      { id: expect.any(Number), subject: 'spark.listing-rows-value', text: rows.versions()[0] },
    ])
  })
})

test('a row that its topic would not take leaves its longest texts out and names them, and no other (R12)', async () => {
  const fields = ['A', 'B', 'C', 'D'].map((name) => described(name, 'Character'))
  await using rows = await Rows.open(LISTINGS, fields, 2_000)
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(3_000), { minLength: 4, maxLength: 4 }), async (sizes) => {
      const texts = Object.fromEntries(fields.map(({ name }, i) => [name, 'x'.repeat(sizes[i] ?? 0)]))
      const event = await rows.event(listing(texts))
      const row = await rows.row(event)
      expect(rows.rows.row(event).length).toBeLessThanOrEqual(2_005)
      const told = row['OmittedFields']
      const omitted = typeof told === 'string' ? JSON.parse(told) : []
      const longest = Math.min(...omitted.map((name: string) => texts[name]!.length))
      for (const [name, text] of Object.entries(texts)) {
        expect(row[name], name).toBe(omitted.includes(name) ? null : text)
        if (!omitted.includes(name)) expect(text.length).toBeLessThanOrEqual(longest)
      }
    }),
    { numRuns: 40 },
  )
})
