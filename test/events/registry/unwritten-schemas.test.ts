import { expect, test } from 'vitest'

import { RegistryRefused } from '../../../src/events/registry/registry-errors.ts'
import { SchemaRegistry } from '../../../src/events/registry/schema-registry.ts'
import { UnwrittenSchemas } from '../../../src/events/registry/unwritten-schemas.ts'
import { LoopbackRegistry } from '../loopback-registry.ts'
import { NEVER } from '../sample.ts'

const SUBJECT = 'spark.listings-A'

function record(...fields: readonly string[]): string {
  return JSON.stringify({ type: 'record', name: 'A', fields: fields.map((name) => ({ name, type: 'int' })) })
}

test('a schema that the registry has keeps its id; one that it has not gets an id of its own, and nothing is written', async () => {
  await using server = await LoopbackRegistry.start()
  const registry = new SchemaRegistry({ url: server.url })
  const known = await registry.register(SUBJECT, record(), NEVER)
  server.requests.length = 0
  const unwritten = new UnwrittenSchemas(registry)
  expect(await unwritten.register(SUBJECT, record(), NEVER)).toBe(known)
  const id = await unwritten.register(SUBJECT, record('new'), NEVER)
  expect(id).not.toBe(known)
  expect(await unwritten.register(SUBJECT, record('new'), NEVER)).toBe(id)
  expect(await unwritten.byId(id, NEVER)).toBe(record('new'))
  expect(await unwritten.latest(SUBJECT, NEVER)).toEqual({ id: known, schema: record() })
  expect(server.calls().filter((call) => call.startsWith('PUT') || call.endsWith('/versions'))).toEqual([
    expect.stringMatching(/^POST \/compatibility/),
  ])
  expect(await registry.versions(SUBJECT, NEVER)).toEqual([1])
})

test('a schema that the registry would not take is refused, as it would be when it is registered', async () => {
  const registry = {
    latest: async () => undefined,
    find: async () => undefined,
    check: async () => false,
    byId: async () => undefined,
  }
  await expect(new UnwrittenSchemas(registry).register(SUBJECT, record(), NEVER)).rejects.toThrow(
    RegistryRefused,
  )
})
