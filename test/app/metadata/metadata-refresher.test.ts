import { describe, expect, test } from 'vitest'

import { MetadataCache } from '../../../src/app/metadata/metadata-cache.ts'
import { MetadataRefresher } from '../../../src/app/metadata/metadata-refresher.ts'
import { Secret } from '../../../src/config/secret.ts'
import { SchemaRegistry } from '../../../src/events/registry/schema-registry.ts'
import type { ResourceName } from '../../../src/domain/resource.ts'
import type { EventSchemas } from '../../../src/events/schema/event-schemas.ts'
import { LISTINGS } from '../../../src/resources/listings.ts'
import { createLogger } from '../../../src/ops/logger.ts'
import { startSimulator, type SimulatorServer } from '../../../src/simulator/server/start-simulator.ts'
import type { RequestEvent } from '../../../src/spark/spark-client.ts'
import { LoopbackRegistry } from '../../events/loopback-registry.ts'
import { MEMBERS, memberSchemas } from '../../events/members.ts'
import { listingSchemas } from '../../events/sample.ts'
import { httpSource } from '../../spark/http-source.ts'
import { failure, fixture, replyByPath, type Fixture, type Reply } from '../../spark/scripted-api.ts'
import { tempFolder } from '../../fixtures/temp-folder.ts'
import { SILENT_OBSERVER } from '../../fixtures/silent-observer.ts'

const never = new AbortController().signal
const SUBJECT = 'spark.listings-listingstream.ListingUpserted'
const SOURCE = { host: 'api.example', userId: 'u', mlsId: 'm' }

interface Told {
  readonly lines: { level: string; msg: string }[]
  readonly refused: unknown[]
  fields: readonly string[]
}

/** A refresher as a process has it, and what it tells. */
async function refresher(
  registry: LoopbackRegistry,
  metadata: ConstructorParameters<typeof MetadataRefresher>[0]['metadata'],
  dataDir: string,
  token = 'simulator-token',
) {
  const told: Told = { lines: [], refused: [], fields: [] }
  const schemas = listingSchemas(new SchemaRegistry({ url: registry.url }), 'spark.listings', [])
  const members = memberSchemas(new SchemaRegistry({ url: registry.url }), 'spark.members')
  const apiUrl = 'https://api.example'
  const cache = await MetadataCache.open({ dataDir, apiUrl, accessToken: new Secret(token), source: SOURCE })
  const own = new MetadataRefresher({
    metadata,
    schemas: new Map<ResourceName, EventSchemas>([
      [LISTINGS.name, schemas],
      [MEMBERS.name, members],
    ]),
    cache,
    observer: {
      ...SILENT_OBSERVER,
      schemaRefused: (_, error) => void told.refused.push(error),
    },
    onFields: (_, names) => (told.fields = names),
    logger: createLogger({
      level: 'info',
      destination: { write: (line) => told.lines.push(JSON.parse(line)) },
    }),
  })
  return { own, schemas, members, told, refresh: () => own.refresh(LISTINGS, never) }
}

function sourceOf({ simulator, url }: SimulatorServer, onRequest: (event: RequestEvent) => void) {
  return httpSource({
    apiUrl: url,
    accessToken: simulator.accessToken,
    onRequest,
  })
}

/** `path status bytes` of each request since the last look. */
function requestLog() {
  const events: RequestEvent[] = []
  return {
    onRequest: (event: RequestEvent) => void events.push(event),
    take: () =>
      events
        .splice(0)
        .map(({ path, status, bytes }) => `${path} ${status} ${bytes > 0}`)
        .toSorted(),
  }
}

const UNCHANGED = [
  '/v1/customfields 304 false',
  '/v1/propertytypes 304 false',
  '/v1/standardfields 304 false',
]

/** An API that has these three answers for each look at the metadata. */
async function services(...rounds: readonly (readonly Reply[])[]): Promise<Fixture> {
  const paths = ['/v1/standardfields', '/v1/customfields', '/v1/propertytypes']
  return await fixture(replyByPath(paths, rounds), { retry: { attempts: 1, baseMs: 1, capMs: 1 } })
}

function three(reply: Reply): readonly Reply[] {
  return [reply, reply, reply]
}

describe('the metadata refresher', () => {
  test('asks all three services once, then gets a 304 without a body, across a restart too', async () => {
    await using folder = await tempFolder()
    await using registry = await LoopbackRegistry.start()
    await using server = await startSimulator({ listings: 1 })
    const log = requestLog()
    await using source = sourceOf(server, log.onRequest)

    const first = await refresher(registry, source.metadata, folder.path)
    await first.refresh()
    expect(log.take()).toEqual([
      '/v1/customfields 200 true',
      '/v1/propertytypes 200 true',
      '/v1/standardfields 200 true',
    ])
    const asked = registry.requests.length
    await first.refresh()
    expect(log.take()).toEqual(UNCHANGED)
    expect(registry.requests).toHaveLength(asked)

    const second = await refresher(registry, source.metadata, folder.path)
    await second.refresh()
    expect(log.take()).toEqual(UNCHANGED)
    expect(second.schemas.currentId).toBe(first.schemas.currentId)
    expect(second.told.fields).toEqual(first.told.fields)
    expect(second.told.fields).toContain('BedsTotal')
    expect(second.told.fields.some((name) => name.startsWith('"'))).toBe(true)
  })

  test('asks them side by side, and keeps what all three said', async () => {
    await using folder = await tempFolder()
    await using registry = await LoopbackRegistry.start()
    await using server = await startSimulator({ listings: 1 })
    await using source = sourceOf(server, () => undefined)
    const all = Promise.withResolvers<void>()
    let asked = 0
    const met = async (): Promise<void> => {
      asked += 1
      if (asked === 3) all.resolve()
      await all.promise
    }
    const { metadata } = source
    const together: typeof metadata = {
      standardFields: async (...of) => (await met(), await metadata.standardFields(...of)),
      customFields: async (...of) => (await met(), await metadata.customFields(...of)),
      propertyTypes: async (...of) => (await met(), await metadata.propertyTypes(...of)),
    }
    await (await refresher(registry, together, folder.path)).refresh()
    const log = requestLog()
    await using later = sourceOf(server, log.onRequest)
    await (await refresher(registry, later.metadata, folder.path)).refresh()
    expect(log.take()).toEqual(UNCHANGED)
  })

  test('asks without conditions after the token changed', async () => {
    await using folder = await tempFolder()
    await using registry = await LoopbackRegistry.start()
    await using server = await startSimulator({ listings: 1 })
    const log = requestLog()
    await using source = sourceOf(server, log.onRequest)
    await (await refresher(registry, source.metadata, folder.path)).refresh()
    log.take()
    await (await refresher(registry, source.metadata, folder.path, 'another-token')).refresh()
    expect(log.take()).toContain('/v1/standardfields 200 true')
  })

  test('a new field is a new version, described with the names of the property types', async () => {
    await using folder = await tempFolder()
    await using registry = await LoopbackRegistry.start()
    await using server = await startSimulator({ listings: 1 })
    const { simulator } = server
    await using source = sourceOf(server, () => undefined)
    const { refresh } = await refresher(registry, source.metadata, folder.path)
    await refresh()
    simulator.listings.changeMetadata({ action: 'add', name: 'SolarPanelsTotal', type: 'Integer' })
    await refresh()
    const versions = registry.versions.get(SUBJECT)!
    expect(versions).toHaveLength(2)
    expect(versions[1]).toContain(
      'Solar Panels Total. Type at the source: Integer. Property types: Residential (A), Land (B)',
    )
  })

  test('a server that ignores the conditions costs bytes, no version and no other schema', async () => {
    await using folder = await tempFolder()
    await using registry = await LoopbackRegistry.start()
    const fields = { BedsTotal: { Type: 'Integer' } }
    const whole: Reply[] = [fields, {}, {}].map((results) => ({
      body: JSON.stringify({ D: { Success: true, Results: [results] } }),
    }))
    await using api = await services(whole, whole)
    const { refresh } = await refresher(registry, api.source.metadata, folder.path)
    await refresh()
    const asked = registry.requests.length
    await refresh()
    expect(api.api.asked).toHaveLength(6)
    expect(registry.requests).toHaveLength(asked)
  })

  test.each([
    ['404', failure(404, 404)],
    ['404 of no API', { status: 404, body: 'not here' }],
    ['1500', failure(403, 1500)],
  ])('where a service answers %s the last known metadata counts, and it is said once', async (_, gone) => {
    await using folder = await tempFolder()
    await using registry = await LoopbackRegistry.start()
    const fields = { BedsTotal: { Type: 'Integer' } }
    const whole: Reply[] = [fields, {}, {}].map((results) => ({
      body: JSON.stringify({ D: { Success: true, Results: [results] } }),
    }))
    await using api = await services(whole, three(gone), three(gone))
    const { refresh, schemas, told } = await refresher(registry, api.source.metadata, folder.path)
    await refresh()
    const before = schemas.currentId
    await refresh()
    await refresh()
    expect(schemas.currentId).toBe(before)
    expect(told.fields).toEqual(['BedsTotal'])
    const warnings = told.lines.filter(({ level }) => level === 'warn').map(({ msg }) => msg)
    expect(warnings).toHaveLength(3)
    expect(warnings).toContainEqual(expect.stringContaining('/v1/standardfields'))
  })

  const WRONG: readonly (readonly [string, Reply])[] = [
    ['one object without members', { body: '{"D":{"Success":true,"Results":[{}]}}' }],
    ['no object', { body: '{"D":{"Success":true,"Results":[]}}' }],
    ['another shape', { body: '{"D":{"Success":true,"Results":["BedsTotal"]}}' }],
    ['no Results', { body: '{"D":{"Success":true}}' }],
    ['no JSON', { body: '<html>' }],
  ]
  test.each(WRONG)(
    'where a service answers %s the last known counts, and it is said once',
    async (_, wrong) => {
      await using folder = await tempFolder()
      await using registry = await LoopbackRegistry.start()
      const custom = { Main: { Label: 'Main', Fields: { Pool: { Type: 'Boolean' } } } }
      const types = { MlsCode: 'A', MlsName: 'Residential' }
      const whole: Reply[] = [{ BedsTotal: { Type: 'Integer' } }, custom, types].map((results) => ({
        body: JSON.stringify({ D: { Success: true, Results: [results] } }),
      }))
      await using api = await services(whole, three(wrong), three(wrong), whole)
      const { refresh, schemas, told } = await refresher(registry, api.source.metadata, folder.path)
      await refresh()
      const before = schemas.currentId
      await refresh()
      await refresh()
      expect(schemas.currentId).toBe(before)
      expect(told.fields).toEqual(['BedsTotal', '"Main"."Pool"'])
      const warnings = told.lines.filter(({ level }) => level === 'warn').map(({ msg }) => msg)
      expect(warnings).toHaveLength(3)
      // After a restart, too.
      const again = await refresher(registry, api.source.metadata, folder.path)
      await again.refresh()
      expect(again.told.fields).toEqual(told.fields)
    },
  )

  test.each(WRONG)('where no field was ever known, %s is a clear error', async (_, wrong) => {
    await using folder = await tempFolder()
    await using registry = await LoopbackRegistry.start()
    await using api = await services(three(wrong))
    const { refresh } = await refresher(registry, api.source.metadata, folder.path)
    await expect(refresh()).rejects.toMatchObject({
      code: 'SPARK_BAD_RESPONSE',
      message: expect.stringContaining('/v1/standardfields'),
    })
  })

  test('a service that always was empty is no outage', async () => {
    await using folder = await tempFolder()
    await using registry = await LoopbackRegistry.start()
    const bodies = ['[{"BedsTotal":{"Type":"Integer"}}]', '[{}]', '[]'].map((results) => ({
      body: `{"D":{"Success":true,"Results":${results}}}`,
    }))
    await using api = await services(bodies, bodies)
    const { refresh, told } = await refresher(registry, api.source.metadata, folder.path)
    await refresh()
    await refresh()
    expect(told.lines.filter(({ level }) => level === 'warn')).toEqual([])
  })

  test('a feed whose API never described its fields works without them', async () => {
    await using folder = await tempFolder()
    await using registry = await LoopbackRegistry.start()
    await using api = await services(three(failure(404, 404)))
    const { refresh, schemas } = await refresher(registry, api.source.metadata, folder.path)
    await refresh()
    expect(schemas.currentId).not.toBeNull()
  })

  test('an outage of the standard fields fails the pass: nobody said that they are gone (R8)', async () => {
    await using folder = await tempFolder()
    await using registry = await LoopbackRegistry.start()
    await using api = await services(three(failure(503)))
    const { refresh } = await refresher(registry, api.source.metadata, folder.path)
    await expect(refresh()).rejects.toMatchObject({ code: 'SPARK_UNAVAILABLE' })
  })

  test('a schema that the registry refuses is told, and tried again at each pass until it is taken', async () => {
    await using folder = await tempFolder()
    await using registry = await LoopbackRegistry.start()
    await using server = await startSimulator({ listings: 1 })
    const { simulator } = server
    await using source = sourceOf(server, () => undefined)
    const { refresh, schemas, told } = await refresher(registry, source.metadata, folder.path)
    await refresh()
    const first = schemas.currentId
    registry.interrupt = (call, response) => {
      if (!call.endsWith('/versions')) return false
      response.writeHead(409).end('{"error_code":409,"message":"incompatible"}')
      return true
    }
    simulator.listings.changeMetadata({ action: 'add', name: 'SolarPanelsTotal', type: 'Integer' })
    await refresh()
    await refresh()
    expect(schemas.currentId).toBe(first)
    registry.interrupt = () => false
    await refresh()
    expect(schemas.currentId).not.toBe(first)
    const refusal = expect.objectContaining({ code: 'REGISTRY_REFUSED' })
    expect(told.refused).toEqual([null, refusal, refusal, null])
  })

  test('a schema that is written by hand is registered before its first use, and no metadata is asked for it', async () => {
    await using folder = await tempFolder()
    await using registry = await LoopbackRegistry.start()
    await using server = await startSimulator({ listings: 1 })
    const log = requestLog()
    await using source = sourceOf(server, log.onRequest)
    const { own, members, told } = await refresher(registry, source.metadata, folder.path)
    await own.refresh(MEMBERS, never)
    expect(members.currentId).not.toBeNull()
    expect([...registry.versions.keys()]).toEqual(['spark.members-listingstream.MemberUpserted'])
    const asked = registry.requests.length
    await own.refresh(MEMBERS, never)
    expect(registry.requests).toHaveLength(asked)
    expect(log.take()).toEqual([])
    expect(told.refused).toEqual([null])
    expect(told.fields).toEqual(expect.arrayContaining(['Name', 'Emails', 'Emails.Address', 'Billing.City']))
  })
})
