import { Kafka, logLevel } from 'kafkajs'
import { expect, test } from 'vitest'

import { freePort } from '../../src/stack/ports.ts'
import { stackDown, stackStatus, stackUp } from '../../src/stack/stack.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'
import { testStack } from '../fixtures/test-stack.ts'

async function topicsOf(brokers: readonly string[], create?: string): Promise<string[]> {
  const admin = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  try {
    if (create !== undefined) await admin.createTopics({ topics: [{ topic: create, numPartitions: 1 }] })
    return await admin.listTopics()
  } finally {
    await admin.disconnect()
  }
}

async function registerSchema(registryUrl: string): Promise<number> {
  const response = await fetch(`${registryUrl}/subjects/kept/versions`, {
    method: 'POST',
    headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
    body: JSON.stringify({ schema: '"string"' }),
  })
  expect(response.status).toBe(200)
  const { id } = (await response.json()) as { id: number }
  return id
}

test(
  'up, down and up again keep topics and schema ids; down stops all of it',
  { timeout: 240_000 },
  async ({ signal }) => {
    await using folder = await tempFolder()
    const location = { folder: folder.path }
    const options = {
      ...location,
      downloads: '.stack',
      kafkaPort: await freePort(),
      registryPort: await freePort(),
    }
    try {
      const address = await stackUp(options, signal)
      expect(address.brokers).toEqual([`127.0.0.1:${options.kafkaPort}`])
      expect(await stackStatus(location, signal)).toMatchObject({ state: 'up', address })
      expect(await topicsOf(address.brokers, 'kept')).toContain('kept')
      const id = await registerSchema(address.registryUrl)

      await stackDown(location, signal)
      expect((await stackStatus(location, signal)).state).toBe('down')
      await expect(topicsOf(address.brokers)).rejects.toThrow()

      expect(await stackUp(options, signal)).toEqual(address)
      expect(await topicsOf(address.brokers)).toContain('kept')
      const kept = await fetch(`${address.registryUrl}/schemas/ids/${id}`)
      expect(await kept.json()).toMatchObject({ schema: '"string"' })
    } finally {
      await stackDown({ ...location, deleteData: true }, AbortSignal.timeout(60_000))
    }
    expect(await stackStatus(location, signal)).toEqual({ state: 'down', services: [] })
  },
)

test('up where a running broker already has the port names the port and leaves nothing behind', async ({
  signal,
}) => {
  await using folder = await tempFolder()
  const kafkaPort = Number(testStack().brokers[0]?.split(':')[1])
  const attempt = stackUp(
    { folder: folder.path, downloads: '.stack', kafkaPort, registryPort: await freePort() },
    signal,
  )
  await expect(attempt).rejects.toThrow(new RegExp(`port ${kafkaPort}\\b.*--kafka-port`, 'i'))
  await stackDown({ folder: folder.path, deleteData: true }, signal)
})
