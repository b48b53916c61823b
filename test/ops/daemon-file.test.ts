import { execFileSync } from 'node:child_process'
import {
  chmod,
  chown,
  cp,
  mkdir,
  readdir,
  rm,
  realpath,
  rename,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { readDaemonFile, writeDaemonFile } from '../../src/ops/daemon-file.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'

const info = {
  url: 'http://127.0.0.1:8080',
  pid: process.pid,
  startedAt: '2026-05-02T10:00:00.000Z',
  instanceId: 'one',
  settings: { TOPIC_PREFIX: 'spark' },
}

test('what was written is read, only its owner can read it, and it is gone afterwards', async () => {
  await using folder = await tempFolder()
  const dataDir = join(folder.path, 'not', 'there', 'yet')
  {
    await using _file = await writeDaemonFile(dataDir, info)
    expect(await readDaemonFile(dataDir)).toEqual({ ...info, dataDir: await realpath(dataDir) })
    expect((await stat(join(dataDir, 'daemon.json'))).mode & 0o777).toBe(0o600)
    expect((await stat(dataDir)).mode & 0o777, 'DATA_DIR is private').toBe(0o700)
    expect(await readdir(dataDir)).toEqual(['daemon.json'])
  }
  expect(await readDaemonFile(dataDir)).toBeUndefined()
  expect(await readdir(dataDir)).toEqual([])
})

test('a daemon that was replaced leaves the file of its successor alone', async () => {
  await using folder = await tempFolder()
  const first = await writeDaemonFile(folder.path, info)
  await using _second = await writeDaemonFile(folder.path, { ...info, instanceId: 'two' })
  await first[Symbol.asyncDispose]()
  expect((await readDaemonFile(folder.path))?.instanceId).toBe('two')
})

test('a file that was deleted, with its folder or alone, stands no longer, nor one that was replaced', async () => {
  await using folder = await tempFolder()
  const dataDir = join(folder.path, 'data')
  await using file = await writeDaemonFile(dataDir, info)
  expect(await file.stands()).toBe(true)
  await rm(dataDir, { recursive: true })
  expect(await file.stands()).toBe(false)
  await using _other = await writeDaemonFile(dataDir, { ...info, instanceId: 'two' })
  expect(await file.stands()).toBe(false)
})

test('a file that came with a copy of the folder counts as none; a link to the folder is the folder', async () => {
  await using folder = await tempFolder()
  const [original, copy, link] = ['original', 'copy', 'link'].map((name) => join(folder.path, name))
  if (original === undefined || copy === undefined || link === undefined) throw new Error('three paths')
  await using _file = await writeDaemonFile(original, info)
  await cp(original, copy, { recursive: true })
  await symlink(original, link)
  expect(await readDaemonFile(copy)).toBeUndefined()
  expect(await readDaemonFile(link)).toMatchObject({ instanceId: 'one' })
})

test('a file whose process is dead counts as none', async () => {
  await using folder = await tempFolder()
  const script = 'process.stdout.write(String(process.pid))'
  const pid = Number(execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' }))
  await using _file = await writeDaemonFile(folder.path, { ...info, pid })
  expect(await readDaemonFile(folder.path)).toBeUndefined()
})

test.each([
  '',
  '{',
  'null',
  '[]',
  JSON.stringify({ ...info, dataDir: '/', pid: -1 }),
  JSON.stringify({ ...info, dataDir: '/', pid: 'x' }),
  JSON.stringify({ ...info, dataDir: '/', url: 'file:///etc/passwd' }),
  JSON.stringify(info),
])('a garbled file counts as none: %s', async (text) => {
  await using folder = await tempFolder()
  await writeFile(join(folder.path, 'daemon.json'), text)
  expect(await readDaemonFile(folder.path)).toBeUndefined()
})

test.each([0o620, 0o602, 0o666])(
  'a file that others may write points to nobody: what is sent there may be a secret (mode %o)',
  async (mode) => {
    await using folder = await tempFolder()
    await using _file = await writeDaemonFile(folder.path, info)
    await chmod(join(folder.path, 'daemon.json'), mode)
    await expect(readDaemonFile(folder.path)).rejects.toMatchObject({ code: 'DAEMON_FILE_UNTRUSTED' })
  },
)

test('a link, a folder or a file without end counts as none', async () => {
  await using folder = await tempFolder()
  const path = join(folder.path, 'daemon.json')
  const stated = JSON.stringify({ ...info, dataDir: await realpath(folder.path) })
  await writeFile(join(folder.path, 'elsewhere.json'), stated)
  await symlink(join(folder.path, 'elsewhere.json'), path)
  expect(await readDaemonFile(folder.path)).toBeUndefined()
  await rename(path, `${path}.link`)
  await mkdir(path)
  expect(await readDaemonFile(folder.path)).toBeUndefined()
  await rename(path, `${path}.folder`)
  await writeFile(path, `${stated}${' '.repeat(70_000)}`)
  expect(await readDaemonFile(folder.path)).toBeUndefined()
  await writeFile(path, stated)
  expect(await readDaemonFile(folder.path)).toBeDefined()
})

test.skipIf(process.getuid?.() !== 0)('a file of another user points to nobody', async () => {
  await using folder = await tempFolder()
  await using _file = await writeDaemonFile(folder.path, info)
  await chown(join(folder.path, 'daemon.json'), 65_534, 65_534)
  await expect(readDaemonFile(folder.path)).rejects.toMatchObject({ code: 'DAEMON_FILE_UNTRUSTED' })
})
