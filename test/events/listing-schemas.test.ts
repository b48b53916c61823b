import { describe, expect, test } from 'vitest'

import { Fixture, described, FIELDS, NEVER, VOLATILE } from './sample.ts'

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

  test('stays what it was when the registry refuses the next one', async () => {
    await using fixture = await Fixture.open()
    const first = fixture.schemas.currentId
    fixture.server.interrupt = (call, response) => {
      if (!call.endsWith('/versions')) return false
      response.writeHead(409).end('{"error_code":409,"message":"incompatible"}')
      return true
    }
    await expect(fixture.schemas.use([described('Zoning', 'Character')], NEVER)).rejects.toMatchObject({
      code: 'REGISTRY_REFUSED',
      retryable: false,
    })
    expect(fixture.schemas.currentId).toBe(first)
  })
})
