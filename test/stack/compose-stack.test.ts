import { once } from 'node:events'
import { chmod, readFile, writeFile } from 'node:fs/promises'
import { createServer as createHttpServer } from 'node:http'
import type { Server } from 'node:net'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'

import { stackDown, stackStatus, stackUp } from '../../src/stack/stack.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'
import type { TempFolder } from '../fixtures/temp-folder.ts'

const signal = AbortSignal.timeout(30_000)

afterEach(() => {
  vi.unstubAllEnvs()
})

/** A `docker` that writes down how it was called, and fails at `failAt`. */
async function scriptedDocker(folder: TempFolder, failAt = 'never'): Promise<() => Promise<string[]>> {
  const calls = join(folder.path, 'calls')
  const script = `#!/bin/sh
echo "$LISTINGSTREAM_KAFKA_PORT $LISTINGSTREAM_REGISTRY_PORT $*" >> '${calls}'
case "$*" in
  *${failAt}*) echo 'bind: address already in use' >&2; exit 1;;
  info*) echo 28.0.0;;
  'compose version'*) echo 2.40.0;;
  *' ps '*) printf 'kafka\\nregistry\\n';;
esac
`
  await writeFile(join(folder.path, 'docker'), script)
  await chmod(join(folder.path, 'docker'), 0o755)
  vi.stubEnv('PATH', `${folder.path}:${process.env['PATH'] ?? ''}`)
  return async () => (await readFile(calls, 'utf8')).trim().split('\n')
}

async function listening(server: Server): Promise<AsyncDisposable & { port: number }> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    port: address.port,
    [Symbol.asyncDispose]: async () => {
      server.close()
      await once(server, 'close')
    },
  }
}

function broker(): Server {
  const answer = Buffer.from('00000020000000010000000000000001'.padEnd(72, '0'), 'hex')
  return createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => socket.end(answer))
  })
}

function registry(): Server {
  return createHttpServer((_, response) => response.end('[]'))
}

test('with a Docker engine, up, status and down go through Compose with the ports asked for', async () => {
  await using folder = await tempFolder()
  const calls = await scriptedDocker(folder)
  await using kafka = await listening(broker())
  await using schemas = await listening(registry())
  const location = { folder: join(folder.path, 'stack') }
  const address = await stackUp({ ...location, kafkaPort: kafka.port, registryPort: schemas.port }, signal)
  expect(address).toEqual({
    engine: 'docker',
    brokers: [`127.0.0.1:${kafka.port}`],
    registryUrl: `http://127.0.0.1:${schemas.port}/apis/ccompat/v7`,
  })
  expect(await stackStatus(location, signal)).toMatchObject({ state: 'up', address })
  await stackDown(location, signal)
  await stackDown({ ...location, deleteData: true }, signal)
  expect(await stackStatus(location, signal)).toEqual({ state: 'down', services: [] })

  const composed = (await calls()).filter((call) => call.includes('--project-name'))
  const start = `${kafka.port} ${schemas.port} compose --file `
  expect(composed.every((call) => call.startsWith(start))).toBe(true)
  const subcommands = composed.map((call) => call.replace(/^.*--project-name listingstream-[0-9a-f]{8} /, ''))
  expect(subcommands).toEqual(['up --detach', 'ps --services --status running', 'stop', 'down --volumes'])
})

test('what Compose says of a taken port reaches the operator, with the options that change it', async () => {
  await using folder = await tempFolder()
  await scriptedDocker(folder, 'up')
  const attempt = stackUp({ folder: join(folder.path, 'stack'), kafkaPort: 5, registryPort: 6 }, signal)
  await expect(attempt).rejects.toMatchObject({ code: 'STACK_START_FAILED' })
  await expect(attempt).rejects.toThrow(/port 5 .*port 6: bind: address already in use .*--kafka-port/)
})
