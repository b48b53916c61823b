import type { ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'

import type { SchemaId } from '../../../src/domain/content.ts'
import { SchemaRegistry } from '../../../src/events/registry/schema-registry.ts'
import { LoopbackRegistry } from '../loopback-registry.ts'
import { NEVER } from '../sample.ts'

const SCHEMA = '{"type":"record","name":"A","fields":[]}'
const SECRET = 'pa:ss/wörd'

function answering(status: number, body: string, headers: Record<string, string> = {}) {
  return (_: string, response: ServerResponse): boolean => {
    response.writeHead(status, headers).end(body)
    return true
  }
}

describe('registering', () => {
  test('a schema that is there already writes nothing', async () => {
    await using server = await LoopbackRegistry.start()
    const registry = new SchemaRegistry({ url: server.url })
    const id = await registry.register('s', SCHEMA, NEVER)
    const asked = server.requests.length
    expect(await registry.register('s', SCHEMA, NEVER)).toBe(id)
    expect(server.calls().slice(asked)).toEqual(['POST /subjects/s'])
  })

  test('subjects may hold any character', async () => {
    await using server = await LoopbackRegistry.start()
    const registry = new SchemaRegistry({ url: `${server.url}/` })
    const id = await registry.register('a/b ü', SCHEMA, NEVER)
    expect(await registry.latest('a/b ü', NEVER)).toEqual({ id, schema: SCHEMA })
    expect(server.compatibility.get('a/b ü')).toBe('FULL_TRANSITIVE')
  })

  test('a compatibility that is right is left alone', async () => {
    await using server = await LoopbackRegistry.start()
    server.compatibility.set('s', 'FULL_TRANSITIVE')
    await new SchemaRegistry({ url: server.url }).register('s', SCHEMA, NEVER)
    expect(server.calls()).not.toContain('PUT /config/s')
  })
})

describe('asking', () => {
  test('credentials that are refused are read again, and the question is asked once more if they were renewed', async () => {
    await using server = await LoopbackRegistry.start()
    const right = `Basic ${Buffer.from('me:second').toString('base64')}`
    server.interrupt = (call, response) =>
      server.requests.at(-1)?.authorization !== right && answering(401, '{}')(call, response)
    let current = 'me:first'
    let file = current
    const auth = {
      file: '/run/registry',
      reveal: () => current,
      refresh: () => {
        const changed = current !== file
        current = file
        return changed
      },
    }
    const registry = new SchemaRegistry({ url: server.url, auth })
    await expect(registry.latest('s', NEVER)).rejects.toThrow(
      /SCHEMA_REGISTRY_AUTH, read from \/run\/registry/,
    )
    expect(server.requests).toHaveLength(1)
    file = 'me:second'
    expect(await registry.latest('s', NEVER)).toBeUndefined()
    expect(await registry.latest('s', NEVER)).toBeUndefined()
    expect(server.requests).toHaveLength(4)
  })

  test('what is not there is undefined', async () => {
    await using server = await LoopbackRegistry.start()
    const registry = new SchemaRegistry({ url: server.url })
    expect(await registry.latest('s', NEVER)).toBeUndefined()
    expect(await registry.byId(9 as SchemaId, NEVER)).toBeUndefined()
  })

  test('the versions of a subject, all and each; none of a subject that is not there', async () => {
    await using server = await LoopbackRegistry.start()
    const registry = new SchemaRegistry({ url: server.url })
    expect(await registry.versions('s', NEVER)).toEqual([])
    const id = await registry.register('s', SCHEMA, NEVER)
    const other = SCHEMA.replace('"A"', '"B"')
    const next = await registry.register('s', other, NEVER)
    expect(await registry.versions('s', NEVER)).toEqual([1, 2])
    expect(await registry.version('s', 1, NEVER)).toEqual({ id, schema: SCHEMA, version: 1 })
    expect(await registry.version('s', 'latest', NEVER)).toEqual({ id: next, schema: other, version: 2 })
    expect(await registry.version('s', 3, NEVER)).toBeUndefined()
  })

  test('a schema is asked for once: an id never changes its schema', async () => {
    await using server = await LoopbackRegistry.start()
    const id = await new SchemaRegistry({ url: server.url }).register('s', SCHEMA, NEVER)
    const registry = new SchemaRegistry({ url: server.url })
    expect(await registry.byId(id, NEVER)).toBe(SCHEMA)
    server.interrupt = answering(500, '')
    expect(await registry.byId(id, NEVER)).toBe(SCHEMA)
  })

  test('the check says what the registry says', async () => {
    await using server = await LoopbackRegistry.start()
    const registry = new SchemaRegistry({ url: server.url })
    expect(await registry.check('s', SCHEMA, NEVER)).toBe(true)
    server.interrupt = answering(200, '{"is_compatible":false}')
    expect(await registry.check('s', SCHEMA, NEVER)).toBe(false)
  })
})

describe('failures', () => {
  test.for<readonly [number, string, string, boolean]>([
    [401, '', 'REGISTRY_UNAUTHORIZED', false],
    [403, '{"error_code":403}', 'REGISTRY_UNAUTHORIZED', false],
    [409, '{"error_code":409,"message":"incompatible"}', 'REGISTRY_REFUSED', false],
    [422, '{"error_code":42201,"message":"no schema"}', 'REGISTRY_REFUSED', false],
    [429, '', 'REGISTRY_UNREACHABLE', true],
    [500, '<html>', 'REGISTRY_UNREACHABLE', true],
    [503, '', 'REGISTRY_UNREACHABLE', true],
    [404, '<html>not found</html>', 'REGISTRY_BAD_RESPONSE', false],
    [400, '', 'REGISTRY_BAD_RESPONSE', false],
    [200, 'welcome', 'REGISTRY_BAD_RESPONSE', false],
    [200, '{"id":"7"}', 'REGISTRY_BAD_RESPONSE', false],
  ])('HTTP %i with %j is %s', async ([status, body, code, retryable]) => {
    await using server = await LoopbackRegistry.start()
    server.interrupt = answering(status, body)
    const registry = new SchemaRegistry({ url: server.url })
    await expect(registry.register('s', SCHEMA, NEVER)).rejects.toMatchObject({ code, retryable })
  })

  test('a wait that the registry asks for is passed on', async () => {
    await using server = await LoopbackRegistry.start()
    server.interrupt = answering(503, '', { 'retry-after': '7' })
    const registry = new SchemaRegistry({ url: server.url })
    await expect(registry.latest('s', NEVER)).rejects.toMatchObject({ retryAfterMs: 7000 })
  })

  test('nobody at the address is an outage that names the setting', async () => {
    const server = await LoopbackRegistry.start()
    const { url } = server
    await server[Symbol.asyncDispose]()
    await expect(new SchemaRegistry({ url }).latest('s', NEVER)).rejects.toMatchObject({
      code: 'REGISTRY_UNREACHABLE',
      retryable: true,
      message: expect.stringContaining('SCHEMA_REGISTRY_URL'),
    })
  })

  test('a peer that is mute is an outage, in time', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const registry = new SchemaRegistry({ url: `http://127.0.0.1:${port}`, timeoutMs: 50 })
    await expect(registry.latest('s', NEVER)).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE' })
    server.close()
  })

  test("an abort is passed on as the signal's own reason", async () => {
    await using server = await LoopbackRegistry.start()
    const controller = new AbortController()
    const reason = new Error('stop')
    server.interrupt = () => {
      controller.abort(reason)
      return true
    }
    const registry = new SchemaRegistry({ url: server.url })
    await expect(registry.latest('s', controller.signal)).rejects.toBe(reason)
  })
})

describe('credentials (R15)', () => {
  const expected = `Basic ${Buffer.from(`user:${SECRET}`).toString('base64')}`

  test('are sent with every request, from the option or from the URL', async () => {
    await using server = await LoopbackRegistry.start()
    await new SchemaRegistry({ url: server.url, auth: `user:${SECRET}` }).latest('s', NEVER)
    const withUser = new URL(server.url)
    withUser.username = 'user'
    withUser.password = encodeURIComponent(SECRET)
    await new SchemaRegistry({ url: withUser.href }).latest('s', NEVER)
    expect(server.requests.map(({ authorization }) => authorization)).toEqual([expected, expected])
  })

  test('stand in no error', async () => {
    await using server = await LoopbackRegistry.start()
    server.interrupt = answering(401, '')
    const url = server.url.replace('//', `//user:${encodeURIComponent(SECRET)}@`)
    const error: unknown = await new SchemaRegistry({ url })
      .latest('s', NEVER)
      .catch((thrown: unknown) => thrown)
    const shown = inspect(error, { depth: 9 })
    expect(shown).toContain('SCHEMA_REGISTRY_AUTH')
    for (const form of [SECRET, encodeURIComponent(SECRET), expected]) expect(shown).not.toContain(form)
  })
})

describe('redirects', () => {
  const redirecting = async (status: number, location: (registry: LoopbackRegistry) => string) => {
    const registry = await LoopbackRegistry.start()
    registry.interrupt = (call, response) => {
      if (!call.endsWith('/versions/latest')) return false
      response.writeHead(status, { location: location(registry) }).end()
      return true
    }
    return registry
  }

  test.each([301, 302, 303, 307, 308])(
    'to another host are not followed: credentials and schemas go nowhere else (%i)',
    async (status) => {
      await using elsewhere = await LoopbackRegistry.start()
      await using registry = await redirecting(
        status,
        () => `${elsewhere.url.replace('127.0.0.1', 'localhost')}/x`,
      )
      const client = new SchemaRegistry({ url: registry.url, auth: 'feed:pa55word' })
      await expect(client.latest('a', new AbortController().signal)).rejects.toMatchObject({
        code: 'REGISTRY_BAD_RESPONSE',
        message: expect.stringContaining('not followed'),
      })
      expect(elsewhere.requests).toEqual([])
    },
  )

  test('to another port of the host are not followed either, and a loop has an end', async () => {
    await using elsewhere = await LoopbackRegistry.start()
    await using registry = await redirecting(307, () => elsewhere.url)
    const signal = new AbortController().signal
    await expect(new SchemaRegistry({ url: registry.url }).latest('a', signal)).rejects.toMatchObject({
      code: 'REGISTRY_BAD_RESPONSE',
    })
    expect(elsewhere.requests).toEqual([])
    await using loop = await redirecting(307, ({ url }) => `${url}/subjects/a/versions/latest`)
    await expect(new SchemaRegistry({ url: loop.url }).latest('a', signal)).rejects.toMatchObject({
      code: 'REGISTRY_BAD_RESPONSE',
    })
  })

  test('within the server are followed', async () => {
    await using registry = await redirecting(302, ({ url }) => `${url}/subjects/a/versions/1`)
    registry.versions.set('a', ['"string"'])
    const latest = await new SchemaRegistry({ url: registry.url }).latest('a', new AbortController().signal)
    expect(latest).toMatchObject({ schema: '"string"' })
  })
})
