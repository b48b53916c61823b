import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { basename, delimiter, join, relative, sep } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { z } from 'zod'

import { readDaemonFile } from '../../src/ops/daemon-file.ts'
import { startSimulator } from '../../src/simulator/server/start-simulator.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'
import { testStack, uniqueTopicPrefix } from '../fixtures/test-stack.ts'
import { committedEvents } from '../fixtures/topic-events.ts'
import { PATIENCE } from './daemon-http.ts'

const ROOT = join(import.meta.dirname, '../..')
const LISTINGS = 20
/** Of npm: where packages come from. Nothing else of our environment, which may be that of an npm script. */
const INHERITED = /^(npm_config_registry|(https?|no)_proxy|NODE_EXTRA_CA_CERTS|TMPDIR|LANG)$/i
const STATUS = z.object({ passes: z.array(z.object({ pass: z.string(), state: z.string() })) })

/** The lines of README.md for the real API, as they stand there. */
async function readmeLines(): Promise<string> {
  const readme = await readFile(join(ROOT, 'README.md'), 'utf8')
  const [, chapter = ''] = readme.split('\n## Point it at the real API\n')
  return /```sh\n(.*?)```/s.exec(chapter)?.[1] ?? ''
}

/** The files that git would have: what is not committed yet, too. */
async function copyOfRepository(to: string): Promise<void> {
  const ignored = (await readFile(join(ROOT, '.gitignore'), 'utf8')).split('\n').filter((line) => line !== '')
  const isIgnored = (path: string): boolean =>
    ignored.some((pattern) =>
      pattern.endsWith('/')
        ? `${path}/`.includes(`${sep}${pattern}`) || `${path}/`.startsWith(pattern)
        : basename(path).endsWith(pattern.replace(/^\*/, '')),
    )
  await cp(ROOT, to, {
    recursive: true,
    filter: (path) => basename(path) !== '.git' && !isIgnored(relative(ROOT, path)),
  })
}

interface Place {
  readonly clone: string
  readonly env: Readonly<Record<string, string | undefined>>
}

/** npm with the packages that were downloaded already, and nothing that npx knew. */
async function freshPlace(folder: string, settings: Readonly<Record<string, string>>): Promise<Place> {
  const clone = join(folder, 'clone')
  await copyOfRepository(clone)
  const cache = join(folder, 'npm')
  await mkdir(cache)
  await symlink(
    join(process.env['npm_config_cache'] ?? join(homedir(), '.npm'), '_cacache'),
    join(cache, '_cacache'),
  )
  const path = (process.env['PATH'] ?? '').split(delimiter)
  return {
    clone,
    env: {
      ...Object.fromEntries(Object.entries(process.env).filter(([name]) => INHERITED.test(name))),
      HOME: homedir(),
      // The Node of the system, not the one that runs this test.
      PATH: path.filter((entry) => !entry.includes('node_modules')).join(delimiter),
      npm_config_cache: cache,
      npm_config_prefer_offline: 'true',
      npm_config_audit: 'false',
      ...settings,
    },
  }
}

function bash(script: string, { clone, env }: Place) {
  const child = spawn('bash', ['-euo', 'pipefail', '-c', script], {
    cwd: clone,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  return Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)]).then(
    ([[code], stdout, stderr]) => ({ code: z.number().nullable().parse(code), stdout, stderr }),
  )
}

/** What README.md has the reader fill in is given by the environment, under the same names. */
const KEEP_GIVEN_VALUES = `
export() {
  local name=\${1%%=*}
  [[ -n \${!name:-} ]] || { echo "no value for $name" >&2; return 1; }
}
`

test("README's lines for the real API work, word for word, in a fresh clone on the system's Node, also where npx was tried before", async () => {
  await using server = await startSimulator({ listings: LISTINGS, seed: 91 })
  const { simulator } = server
  await using folder = await tempFolder()
  const tokenFile = join(folder.path, 'spark-token')
  await writeFile(tokenFile, `${simulator.accessToken}\n`)
  const prefix = uniqueTopicPrefix()
  const { brokers, registryUrl } = testStack()
  const place = await freshPlace(folder.path, {
    SPARK_API_URL: server.url,
    SPARK_ACCESS_TOKEN_FILE: tokenFile,
    KAFKA_BROKERS: brokers.join(','),
    SCHEMA_REGISTRY_URL: registryUrl,
    TOPIC_PREFIX: prefix,
    HTTP_PORT: '0',
  })
  expect((await bash('npx --yes listingstream --version', place)).code).not.toBe(0)

  const lines = await readmeLines()
  expect(lines.match(/^npx listingstream \w+/gm)).toEqual([
    'npx listingstream snapshot',
    'npx listingstream run',
  ])
  const running = bash(`${KEEP_GIVEN_VALUES}${lines}`, place)
  const ended = running.then((exit) => {
    throw new Error(`The lines ended by themselves:\n${JSON.stringify(exit, undefined, 2)}`)
  })
  const updated = expect
    .poll(
      async () => {
        const daemon = await readDaemonFile(join(place.clone, 'data')).catch(() => undefined)
        if (daemon === undefined) return []
        const { passes } = STATUS.parse(await (await fetch(`${daemon.url}/status`)).json())
        return passes.filter(({ state }) => state === 'completed').map(({ pass }) => pass)
      },
      { ...PATIENCE, timeout: 300_000 },
    )
    .toEqual(expect.arrayContaining(['snapshot', 'update']))
  await Promise.race([ended, updated])
  ended.catch(() => undefined)
  const daemon = await readDaemonFile(join(place.clone, 'data'))
  if (daemon === undefined) throw new Error('The daemon has gone.')
  process.kill(daemon.pid, 'SIGTERM')
  const { code, stdout, stderr } = await running
  expect(code).toBe(0)
  expect(stdout).toContain(`completed: ${LISTINGS} walked, ${LISTINGS} published`)
  expect(`${stdout}${stderr}`).not.toMatch(/npm warn|EBADENGINE/)
  expect(await committedEvents(`${prefix}.listings`, AbortSignal.timeout(60_000))).toHaveLength(LISTINGS)
}, 420_000)
