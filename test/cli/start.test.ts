import { execFile } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'

import { COMPILE_CACHE } from '../fixtures/cli.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'

const ROOT = join(import.meta.dirname, '../..')
const PROGRAM = join(ROOT, 'src/cli/main.ts')
const TELL_PACKAGES = join(ROOT, 'test/fixtures/tell-packages.ts')

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

async function run(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  flags: readonly string[] = [],
): Promise<Ended> {
  const options = { cwd: import.meta.dirname, env: { PATH: process.env['PATH'], ...env } }
  try {
    return {
      code: 0,
      ...(await promisify(execFile)(process.execPath, [...flags, PROGRAM, ...args], options)),
    }
  } catch (error) {
    if (error instanceof Error && 'code' in error && 'stdout' in error && 'stderr' in error) {
      return { code: Number(error.code), stdout: String(error.stdout), stderr: String(error.stderr) }
    }
    throw error
  }
}

describe('a command loads what it needs', () => {
  const cached = { NODE_COMPILE_CACHE: COMPILE_CACHE }
  const packagesOf = ({ stderr }: Ended): readonly string[] =>
    (stderr.split('packages:\n')[1] ?? '').split('\n').toSorted()

  test('help needs no client', async () => {
    const ended = await run(['--help'], cached, ['--import', TELL_PACKAGES])
    expect(ended.code).toBe(0)
    expect(packagesOf(ended)).toEqual(['commander'])
  })

  test('wrong settings are told before a client is loaded', async () => {
    const ended = await run(['update'], { ...cached, PAGE_LIMIT: 'many' }, ['--import', TELL_PACKAGES])
    expect(ended.code).toBe(2)
    expect(ended.stderr).toContain('PAGE_LIMIT')
    expect(packagesOf(ended)).toEqual(['commander', 'zod'])
  })
})

test('a dry run that is to compare content is refused: it has no use for it', async () => {
  const ended = await run(['purge', '--dry-run', '--compare', 'content'], {
    NODE_COMPILE_CACHE: COMPILE_CACHE,
  })
  expect(ended).toMatchObject({ code: 2, stdout: '' })
  expect(ended.stderr).toContain('--dry-run has no use for --compare content')
})

describe('what Node made of the modules is kept for the next start', () => {
  test('where the user keeps such things, for nobody else', async () => {
    await using caches = await tempFolder()
    const { code } = await run(['--version'], { XDG_CACHE_HOME: caches.path })
    expect(code).toBe(0)
    const folder = join(caches.path, 'listingstream')
    expect(readdirSync(folder)).not.toEqual([])
    expect(statSync(folder).mode & 0o777).toBe(0o700)
  })

  test('under the home where nothing else is said', async () => {
    await using home = await tempFolder()
    await run(['--version'], { HOME: home.path })
    expect(readdirSync(join(home.path, '.cache/listingstream'))).not.toEqual([])
  })

  test('not where others could put code of theirs', async () => {
    await using caches = await tempFolder()
    const folder = join(caches.path, 'listingstream')
    mkdirSync(folder)
    chmodSync(folder, 0o777)
    const { code } = await run(['--version'], { XDG_CACHE_HOME: caches.path })
    expect(code).toBe(0)
    expect(readdirSync(folder)).toEqual([])
  })

  test('nowhere without a home, which is no failure', async () => {
    await using folder = await tempFolder()
    const home = join(folder.path, 'nonexistent')
    const { code, stderr } = await run(['--version'], { HOME: home })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(existsSync(home)).toBe(false)
  })

  test("in the place of Node's own setting for it", async () => {
    await using folder = await tempFolder()
    const own = join(folder.path, 'own')
    await run(['--version'], { NODE_COMPILE_CACHE: own, XDG_CACHE_HOME: folder.path })
    expect(readdirSync(folder.path)).toEqual(['own'])
  })
})
