import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { openSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'

import { COMPILE_CACHE } from '../fixtures/cli.ts'

const ROOT = join(import.meta.dirname, '../..')
const PROGRAM = join(ROOT, 'src/cli/main.ts')
const ENVIRONMENT = { PATH: process.env['PATH'], NODE_COMPILE_CACHE: COMPILE_CACHE }
const EXIT = z.tuple([z.number().nullable(), z.string().nullable()])

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** `closed`: nobody reads that stream. */
async function run(
  args: readonly string[],
  { closed, stdout = 'pipe' }: { closed?: 'stdout' | 'stderr'; stdout?: 'pipe' | number } = {},
  settings: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    cwd: import.meta.dirname,
    env: { ...ENVIRONMENT, ...settings },
    stdio: ['ignore', stdout, 'pipe'],
  })
  if (closed !== undefined) child[closed]?.destroy()
  const said = [child.stdout, child.stderr].map((stream) =>
    stream === null || stream.destroyed ? Promise.resolve('') : text(stream),
  )
  const [exit, out = '', err = ''] = await Promise.all([once(child, 'close'), ...said])
  return { code: EXIT.parse(exit)[0], stdout: out, stderr: err }
}

test('--version is the version of the package', async () => {
  const { version } = z
    .object({ version: z.string() })
    .parse(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')))
  expect(await run(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
})

test('an older Node is told what is needed, without a stack', async () => {
  const older = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.2' } })`
  const preload = `--import=data:text/javascript,${encodeURIComponent(older)}`
  const { code, stderr } = await run(['--version'], {}, { NODE_OPTIONS: preload })
  expect(code).toBe(2)
  expect(stderr).toMatch(/^listingstream needs Node\.js 24 or newer; this is 20\.20\.2\..*\n$/)
})

describe('a reader that has gone ends a command quietly, as SIGPIPE would: exit code 141, no stack', () => {
  test('of stdout, after the command has returned', async () => {
    expect(await run(['--help'], { closed: 'stdout' })).toEqual({ code: 141, stdout: '', stderr: '' })
  })

  test('of stdout, while the command goes on', async () => {
    const args = ['simulate', '--port', '0', '--listings', '3']
    expect(await run(args, { closed: 'stdout' })).toEqual({ code: 141, stdout: '', stderr: '' })
  })

  test('of stderr', async () => {
    expect(await run(['no-such-command'], { closed: 'stderr' })).toEqual({
      code: 141,
      stdout: '',
      stderr: '',
    })
  })
})

test('output that cannot be written is one line with the reason, exit code 1', async () => {
  const { code, stderr } = await run(['--help'], { stdout: openSync('/dev/full', 'w') })
  expect(code).toBe(1)
  expect(stderr).toBe('listingstream: the output cannot be written (ENOSPC)\n')
})

test('a log that cannot be written ends nothing: a daemon outlives the full disk under its log', async () => {
  const logger = join(ROOT, 'src/ops/logger.ts')
  const script = `
    import { createLogger } from ${JSON.stringify(logger)}
    createLogger().info({}, 'one')
    createLogger().info({}, 'two')
    setTimeout(() => process.exit(7), 50)
  `
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'ignore', openSync('/dev/full', 'w')],
  })
  expect(EXIT.parse(await once(child, 'close'))).toEqual([7, null])
})

describe('a command that is stopped before its end says so and exits with 5, whatever the signal', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)('%s', async (signal) => {
    const asked = Promise.withResolvers<void>()
    const silent = createServer(() => asked.resolve()).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    using _closed = { [Symbol.dispose]: () => silent.close().closeAllConnections() }
    const url = `http://127.0.0.1:${z.object({ port: z.number() }).parse(silent.address()).port}`
    const child = spawn(process.execPath, [PROGRAM, 'schema', 'check'], {
      cwd: import.meta.dirname,
      env: {
        ...ENVIRONMENT,
        SPARK_API_URL: url,
        SPARK_ACCESS_TOKEN: 'token',
        SCHEMA_REGISTRY_URL: url,
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const said = text(child.stderr)
    await asked.promise
    child.kill(signal)
    expect(EXIT.parse(await once(child, 'close'))).toEqual([5, null])
    expect(await said).toBe('listingstream: stopped before it was complete; run it again to go on\n')
  })

  test('but what has no end is stopped with 0', async () => {
    const child = spawn(process.execPath, [PROGRAM, 'simulate', '--port', '0', '--listings', '3'], {
      env: ENVIRONMENT,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(child.stdout, 'data')
    child.kill('SIGINT')
    expect(EXIT.parse(await once(child, 'close'))).toEqual([0, null])
  })
})
