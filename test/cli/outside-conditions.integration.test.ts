import { createServer } from 'node:http'
import { createServer as createTcpServer, type Server } from 'node:net'
import { once } from 'node:events'
import { mkdir, realpath, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { z } from 'zod'

import { SETTINGS_FILE } from '../../src/config/load-settings.ts'
import { freePort } from '../../src/stack/ports.ts'
import { CliProcess } from '../fixtures/cli.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'

const COMMANDS = [
  'run',
  'snapshot',
  'update',
  'purge',
  'purge show',
  'purge approve a-sweep --max 1',
  'purge reject a-sweep',
  'status',
  'tail --until-end',
  'dead-letters list',
  'dead-letters retry --all',
  'schema show',
  'schema diff',
  'schema check',
  'schema types',
  'asyncapi',
  'index check',
  'index rebuild',
] as const
/** Those that look for a daemon first. */
const HANDED_OVER = [
  'run',
  'snapshot',
  'update',
  'purge',
  'purge approve a-sweep --max 1',
  'purge reject a-sweep',
  'status',
  'dead-letters retry --all',
]
/** After its first word it is stopped, as by an operator: what waits for an outage to end has said so by then. */
const LONGEST_MS = 4_000

let nobody = ''
let web: Server
let mute: Server
beforeAll(async () => {
  nobody = `127.0.0.1:${await freePort()}`
  web = createServer((_, response) => response.end('<html>It works!</html>')).listen(0, '127.0.0.1')
  mute = createTcpServer((socket) => socket.on('error', () => undefined)).listen(0, '127.0.0.1')
  await Promise.all([web, mute].map((server) => once(server, 'listening')))
})
afterAll(() => {
  web.close()
  mute.close()
})

function at(server: Server): string {
  return `127.0.0.1:${z.object({ port: z.number() }).parse(server.address()).port}`
}

function everythingAt(address: string): Record<string, string> {
  return {
    SPARK_API_URL: `http://${address}`,
    SPARK_ACCESS_TOKEN: 'a-token',
    KAFKA_BROKERS: address,
    SCHEMA_REGISTRY_URL: `http://${address}`,
    HTTP_PORT: '0',
  }
}

interface Condition {
  readonly settings: () => Record<string, string>
  readonly prepare?: (folder: string) => Promise<unknown>
  readonly commands?: readonly string[]
  /** Of a command that has an end. @default 1 or 2 */
  readonly codes?: readonly number[]
}

async function leftDaemonFile(folder: string, url: string): Promise<void> {
  const dataDir = join(folder, 'data')
  await mkdir(dataDir, { mode: 0o700 })
  const info = {
    url,
    // It lives, and is no daemon.
    pid: process.pid,
    startedAt: '2026-05-02T10:00:00.000Z',
    instanceId: 'one',
    dataDir: await realpath(dataDir),
    settings: {},
  }
  await writeFile(join(dataDir, 'daemon.json'), JSON.stringify(info), { mode: 0o600 })
}

const CONDITIONS: Readonly<Record<string, Condition>> = {
  'nobody answers: API, broker, registry': { settings: () => everythingAt(nobody) },
  'a web server answers for all of them': { settings: () => everythingAt(at(web)) },
  'the settings file is no JSON': {
    settings: () => everythingAt(nobody),
    prepare: (folder) => writeFile(join(folder, SETTINGS_FILE), '{"TOPIC_PREFIX": '),
    codes: [2],
  },
  'the settings file cannot be read': {
    settings: () => everythingAt(nobody),
    prepare: (folder) => mkdir(join(folder, SETTINGS_FILE)),
    codes: [2],
  },
  'DATA_DIR is a file': {
    settings: () => everythingAt(nobody),
    prepare: (folder) => writeFile(join(folder, 'data'), ''),
    commands: [...HANDED_OVER, 'index check', 'index rebuild'],
  },
  'a daemon.json was left, and a silent program has its port': {
    settings: () => everythingAt(nobody),
    prepare: (folder) => leftDaemonFile(folder, `http://${at(mute)}`),
    commands: HANDED_OVER,
  },
  'a daemon.json was left, and a web server has its port': {
    settings: () => everythingAt(nobody),
    prepare: (folder) => leftDaemonFile(folder, `http://${at(web)}`),
    commands: HANDED_OVER,
  },
}

async function runIn(condition: Condition, command: string) {
  await using folder = await tempFolder()
  await condition.prepare?.(folder.path)
  const settings = condition.settings()
  await using program = new CliProcess({ args: command.split(' '), settings, folder: folder.path })
  await vi.waitUntil(() => program.stderr !== '' || !program.running, { timeout: 60_000 })
  const stop = setTimeout(() => void program.kill('SIGTERM'), LONGEST_MS)
  const exit = await program.exited
  clearTimeout(stop)
  return exit
}

describe.each(Object.entries(CONDITIONS))('no command prints a stack when %s', (_, condition) => {
  test.concurrent.each(condition.commands ?? COMMANDS)(
    '%s',
    async (command) => {
      const { code, signal, stderr, stdout } = await runIn(condition, command)
      const said = `${stdout}${stderr}`
      expect(said).not.toMatch(/^\s+at .+:\d+|unexpected error|ZodError|node:internal|"stack":/m)
      expect(signal).toBeNull()
      const stopped = [0, 5]
      expect([...(condition.codes ?? [1, 2]), ...stopped]).toContain(code)
      // Every failure is told: code and what to do.
      if (code !== 0 && code !== 5) expect(stderr).toMatch(/listingstream: .+\[[A-Z_]+\]\n/s)
      if (code === 5) expect(stderr).toContain('listingstream: stopped before it was complete')
    },
    120_000,
  )
})
