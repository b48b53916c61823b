import { expect, test } from 'vitest'

import { requireRegistered, type SchemaInUse } from '../../../src/events/registry/schema-look.ts'
import { SchemaRegistry } from '../../../src/events/registry/schema-registry.ts'
import { parseSchemaId } from '../../../src/domain/content.ts'
import { LoopbackRegistry } from '../loopback-registry.ts'
import { NEVER } from '../sample.ts'

function record(name: string): string {
  return JSON.stringify({ type: 'record', name, fields: [] })
}

function inUse(id: number, name: string): SchemaInUse {
  return {
    id: parseSchemaId(id) ?? expect.unreachable(),
    subject: `spark.listings-${name}`,
    text: record(name),
  }
}

const A = inUse(1, 'A')
const B = inUse(2, 'B')

async function registryWith(...names: readonly string[]): Promise<[LoopbackRegistry, SchemaRegistry]> {
  const server = await LoopbackRegistry.start()
  const registry = new SchemaRegistry({ url: server.url })
  for (const name of names) await registry.register(`spark.listings-${name}`, record(name), NEVER)
  server.requests.length = 0
  return [server, registry]
}

function look(registry: SchemaRegistry, ...schemas: readonly SchemaInUse[]): Promise<readonly SchemaInUse[]> {
  return requireRegistered(registry, schemas, NEVER)
}

test('a registry that knows everything is only asked, each time anew', async () => {
  const [server, registry] = await registryWith('A', 'B')
  await using _ = server
  for (let n = 0; n < 2; n += 1) expect(await look(registry, A, B)).toEqual([])
  const once = ['GET /schemas/ids/1', 'GET /schemas/ids/2']
  expect(server.calls()).toEqual([...once, ...once])
})

test('an emptied registry gets everything back in the order of the ids, which are the same then', async () => {
  const [server, registry] = await registryWith()
  await using _ = server
  expect(await look(registry, B, A)).toEqual([B, A])
  expect(await look(registry, A, B)).toEqual([])
})

test('another id is no way to go on: what was published stays unreadable', async () => {
  const [server, registry] = await registryWith()
  await using _ = server
  await expect(look(registry, inUse(5, 'A'))).rejects.toMatchObject({
    code: 'REGISTRY_LOST',
    retryable: false,
    message: expect.stringMatching(/schema 5 of spark\.listings-A .*id 1\b.*TOPIC_PREFIX/),
  })
})

test('an id that means another schema now is named, and nothing is written', async () => {
  const [server, registry] = await registryWith('other')
  await using _ = server
  await expect(look(registry, A)).rejects.toMatchObject({
    code: 'REGISTRY_LOST',
    message: expect.stringContaining('another schema'),
  })
  expect(server.calls()).toEqual(['GET /schemas/ids/1'])
})

test.each([
  [403, 'REGISTRY_LOST', false],
  [405, 'REGISTRY_LOST', false],
  [503, 'REGISTRY_UNREACHABLE', true],
])('an emptied registry that answers %i to writing is %s', async (status, code, retryable) => {
  const [server, registry] = await registryWith()
  await using _ = server
  server.interrupt = (call, response) => {
    if (!call.endsWith('/versions')) return false
    response.writeHead(status).end('{}')
    return true
  }
  await expect(look(registry, A)).rejects.toMatchObject({ code, retryable })
})
