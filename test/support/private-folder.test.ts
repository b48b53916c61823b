import { chmod, mkdir, stat } from 'node:fs/promises'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { openKeyIndex } from '../../src/key-index/open-key-index.ts'
import { laxMode, makePrivateFolder } from '../../src/support/private-folder.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'
import { RESOURCES } from '../../src/resources/index.ts'

test("a new folder is its owner's alone; one that is there keeps its permissions, which can be told", async () => {
  await using folder = await tempFolder()
  const made = join(folder.path, 'above', 'data')
  await makePrivateFolder(made)
  expect(await laxMode(made)).toBeUndefined()
  const there = join(folder.path, 'there')
  await mkdir(there)
  await chmod(there, 0o750)
  await makePrivateFolder(there)
  expect(await laxMode(there)).toBe('750')
  expect(await laxMode(join(folder.path, 'not'))).toBeUndefined()
})

test('DATA_DIR is private from the moment that the index makes it', async () => {
  await using folder = await tempFolder()
  const dataDir = join(folder.path, 'data')
  await using _index = await openKeyIndex(dataDir, { resources: RESOURCES }, new AbortController().signal)
  expect((await stat(dataDir)).mode & 0o777).toBe(0o700)
})
