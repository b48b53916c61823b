import { describe, expect, test } from 'vitest'

import { SchemaRegistry } from '../../../src/events/registry/schema-registry.ts'
import { LoopbackRegistry } from '../loopback-registry.ts'
import { Fixture, described, FIELDS, listing, listingSchemas, NEVER, VOLATILE } from '../sample.ts'

const SUBJECT = 'spark.listings-listingstream.ListingUpserted'

describe('the schema in use', () => {
  test('is registered before its first use, in a subject that is FULL_TRANSITIVE before its first version', async () => {
    await using fixture = await Fixture.open()
    expect(fixture.server.versions.get(SUBJECT)).toHaveLength(1)
    const calls = fixture.server.calls()
    expect(calls.indexOf(`PUT /config/${SUBJECT}`)).toBeGreaterThan(-1)
    expect(calls.indexOf(`PUT /config/${SUBJECT}`)).toBeLessThan(
      calls.indexOf(`POST /subjects/${SUBJECT}/versions`),
    )
    expect(fixture.server.compatibility.get(SUBJECT)).toBe('FULL_TRANSITIVE')
  })

  test('is the latest version while the source names nothing new: another start writes nothing', async () => {
    await using fixture = await Fixture.open()
    const asked = fixture.server.requests.length
    const again = fixture.listingSchemas(VOLATILE)
    expect(await again.use(FIELDS.toReversed(), NEVER)).toBe(fixture.schemas.currentId)
    expect(fixture.server.calls().slice(asked)).toEqual([`GET /subjects/${SUBJECT}/versions/latest`])
  })

  test('is a new version once the source names a new field', async () => {
    await using fixture = await Fixture.open()
    const first = fixture.schemas.currentId
    const next = await fixture.schemas.use([...FIELDS, described('Zoning', 'Character')], NEVER)
    expect(next).not.toBe(first)
    expect(fixture.schemas.currentId).toBe(next)
    expect(fixture.server.versions.get(SUBJECT)).toHaveLength(2)
  })

  test('stays what it was while the registry refuses the next one, and says why (R12)', async () => {
    await using fixture = await Fixture.open()
    const first = fixture.schemas.currentId
    fixture.server.interrupt = (call, response) => {
      if (!call.endsWith('/versions')) return false
      response.writeHead(409).end('{"error_code":409,"message":"incompatible"}')
      return true
    }
    expect(await fixture.schemas.use([described('Zoning', 'Character')], NEVER)).toBe(first)
    expect(fixture.schemas.currentId).toBe(first)
    expect(fixture.schemas.refusal).toMatchObject({ code: 'REGISTRY_REFUSED', retryable: false })
    expect(fixture.content(listing({ Zoning: 'R1' })).unmappedFields).toEqual({ Zoning: '"R1"' })

    fixture.server.interrupt = () => false
    expect(await fixture.schemas.use([described('Zoning', 'Character')], NEVER)).not.toBe(first)
    expect(fixture.schemas.refusal).toBeNull()
    expect(fixture.content(listing({ Zoning: 'R1' })).standardFields).toMatchObject({ Zoning: 'R1' })
  })

  test.each([
    [401, 40101, 'REGISTRY_UNAUTHORIZED'],
    [403, 40301, 'REGISTRY_UNAUTHORIZED'],
    [404, 404, 'REGISTRY_BAD_RESPONSE'],
    [405, 405, 'REGISTRY_REFUSED'],
    [409, 409, 'REGISTRY_REFUSED'],
    [413, 413, 'REGISTRY_REFUSED'],
    [422, 42201, 'REGISTRY_REFUSED'],
    [422, 42205, 'REGISTRY_REFUSED'],
    [501, 50100, 'REGISTRY_REFUSED'],
  ])('goes on where the registry answers %i (%i) to every attempt to write', async (status, code, named) => {
    for (const refused of [/^POST .*versions$/, /^PUT \/config/, /^POST \/subjects/]) {
      await using fixture = await Fixture.open()
      const first = fixture.schemas.currentId
      fixture.server.compatibility.clear()
      fixture.server.interrupt = (call, response) => {
        if (!refused.test(call)) return false
        response.writeHead(status).end(JSON.stringify({ error_code: code, message: 'not here' }))
        return true
      }
      expect(await fixture.schemas.use([described('Zoning', 'Character')], NEVER)).toBe(first)
      expect(fixture.schemas.refusal).toMatchObject({ code: named, retryable: false })
      expect(fixture.content(listing({ Zoning: 'R1' })).unmappedFields).toEqual({ Zoning: '"R1"' })
    }
  })

  test.each([408, 429, 500, 503])(
    'waits where the registry answers %i: that ends by itself',
    async (status) => {
      await using fixture = await Fixture.open()
      fixture.server.interrupt = (call, response) => {
        if (!call.endsWith('/versions')) return false
        response.writeHead(status).end('{}')
        return true
      }
      await expect(fixture.schemas.use([described('Zoning', 'Character')], NEVER)).rejects.toMatchObject({
        code: 'REGISTRY_UNREACHABLE',
        retryable: true,
      })
    },
  )

  test('cannot be made up where the registry refuses the first one', async () => {
    await using server = await LoopbackRegistry.start()
    server.interrupt = (call, response) => {
      if (!call.endsWith('/versions')) return false
      response.writeHead(422).end('{"error_code":42201,"message":"invalid"}')
      return true
    }
    const registry = new SchemaRegistry({ url: server.url })
    const schemas = listingSchemas(registry, 'spark.listings')
    await expect(schemas.use(FIELDS, NEVER)).rejects.toMatchObject({ code: 'REGISTRY_REFUSED' })
  })
})
