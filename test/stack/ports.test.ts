import { once } from 'node:events'
import { createServer } from 'node:net'
import { expect, test } from 'vitest'

import { freePort, loopback, requireFreePort } from '../../src/stack/ports.ts'

test('a free port can be bound', async () => {
  await expect(requireFreePort(await freePort(), 'broker', '--kafka-port')).resolves.toBeUndefined()
})

test('a taken port is named together with the option that chooses another', async () => {
  const port = await freePort()
  const server = createServer().listen(port, loopback)
  await once(server, 'listening')
  const attempt = requireFreePort(port, 'Kafka broker', '--kafka-port')
  await expect(attempt).rejects.toMatchObject({ code: 'STACK_PORT_IN_USE' })
  await expect(attempt).rejects.toThrow(new RegExp(`Port ${port}, .*Kafka broker.*--kafka-port`))
  server.close()
  await once(server, 'close')
})
