import { mkdir, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ClassicLevel } from 'classic-level'
import { expect, test } from 'vitest'
import { openKeyIndex } from '../../src/key-index/open-key-index.ts'
import { instant } from '../../src/domain/instant.ts'
import { recordKey } from '../../src/domain/record-key.ts'
import { feedIdentity, indexEntry } from '../fixtures/index-entry.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'
import { update } from './key-index-contract.ts'
import { LISTINGS } from '../../src/resources/listings.ts'

const AT = instant(1_760_000_000_000)
const K = recordKey
const OF_LISTINGS = { resources: [LISTINGS] }
const { signal } = new AbortController()

test('an index that is open elsewhere is INDEX_LOCKED, names the folder, and stays untouched', async () => {
  await using folder = await tempFolder()
  await using first = await openKeyIndex(folder.path, OF_LISTINGS, signal)
  await first.reset(feedIdentity(), AT)
  await expect(openKeyIndex(folder.path, OF_LISTINGS, signal)).rejects.toMatchObject({
    code: 'INDEX_LOCKED',
    message: expect.stringContaining(join(folder.path, 'index')),
  })
  expect(await first.verify()).toBe(true)
  expect(first.state()).not.toBeNull()
})

test('a data directory that cannot be one is INDEX_UNAVAILABLE', async () => {
  await using folder = await tempFolder()
  const file = join(folder.path, 'file')
  await writeFile(file, 'precious')
  await expect(openKeyIndex(file, OF_LISTINGS, signal)).rejects.toMatchObject({
    code: 'INDEX_UNAVAILABLE',
  })
  await writeFile(join(folder.path, 'index'), 'precious')
  await expect(openKeyIndex(folder.path, OF_LISTINGS, signal)).rejects.toMatchObject({
    code: 'INDEX_UNAVAILABLE',
  })
  expect(await readFile(join(folder.path, 'index'), 'utf8')).toBe('precious')
})

test.each<[string, (index: string, files: readonly string[]) => Promise<void>]>([
  ['its manifest is gone', (index, files) => rm(join(index, named(files, 'MANIFEST-')))],
  ['its manifest is empty', (index, files) => truncate(join(index, named(files, 'MANIFEST-')))],
  ['it points to nothing', (index) => writeFile(join(index, 'CURRENT'), 'nothing')],
  ['a table is gone', (index, files) => rm(join(index, named(files, '.ldb')))],
  ['its tables are cut', (index, files) => truncate(join(index, named(files, '.ldb')), 100)],
])(
  'an index that cannot be opened because %s is replaced by an empty one, and nothing else is touched (R2)',
  async (_, damage) => {
    await using folder = await tempFolder()
    await compacted(folder.path)
    const index = join(folder.path, 'index')
    await writeFile(join(folder.path, 'daemon.json'), '{}')
    await writeFile(join(index, 'notes.txt'), 'not LevelDB')
    await damage(index, await readdir(index))

    await using opened = await openKeyIndex(folder.path, OF_LISTINGS, signal)
    expect(opened.recreated).toBeInstanceOf(Error)
    expect(opened.state()).toBeNull()
    expect(await opened.getMany(LISTINGS.name, [K('k1')])).toEqual([undefined])
    expect(await opened.verify()).toBe(true)
    expect(await readFile(join(folder.path, 'daemon.json'), 'utf8')).toBe('{}')
    expect(await readFile(join(index, 'notes.txt'), 'utf8')).toBe('not LevelDB')
  },
)

test('who only wants to look neither makes an index nor replaces a damaged one', async () => {
  await using folder = await tempFolder()
  const look = () => openKeyIndex(folder.path, { ...OF_LISTINGS, mustExist: true }, signal)
  await expect(look()).rejects.toMatchObject({ code: 'INDEX_MISSING' })
  expect(await readdir(folder.path)).toEqual([])

  await compacted(folder.path)
  const index = join(folder.path, 'index')
  const table = named(await readdir(index), '.ldb')
  await truncate(join(index, named(await readdir(index), 'MANIFEST-')))
  await expect(look()).rejects.toMatchObject({ code: 'INDEX_CORRUPT' })
  expect(await readdir(index)).toContain(table)
})

test('damage that is found while reading is INDEX_CORRUPT, fails verify, and a reset heals it (R2)', async () => {
  await using folder = await tempFolder()
  await compacted(folder.path)
  {
    // State and checksums now lie in a newer file than the entries.
    await using index = await openKeyIndex(folder.path, OF_LISTINGS, signal)
    await index.apply(update([[K('zz'), indexEntry()]]))
  }
  const location = join(folder.path, 'index')
  await truncate(join(location, named(await readdir(location), '.ldb')), 100)

  await using index = await openKeyIndex(folder.path, OF_LISTINGS, signal)
  expect(index.recreated).toBeNull()
  expect(index.state()).not.toBeNull()
  await expect(index.getMany(LISTINGS.name, [K('k1')])).rejects.toMatchObject({ code: 'INDEX_CORRUPT' })
  await expect(Array.fromAsync(index.entries(LISTINGS.name))).rejects.toMatchObject({ code: 'INDEX_CORRUPT' })
  await expect(index.apply(update([[K('k1'), indexEntry()]]))).rejects.toMatchObject({
    code: 'INDEX_CORRUPT',
  })
  expect(await index.verify()).toBe(false)
  await index.reset(feedIdentity(), AT)
  await index.apply(update([[K('k1'), indexEntry()]]))
  expect(await index.getMany(LISTINGS.name, [K('k1')])).toEqual([indexEntry()])
  expect(await index.verify()).toBe(true)
})

test('an aborted start opens nothing', async () => {
  await using folder = await tempFolder()
  const reason = new Error('stop')
  await expect(openKeyIndex(folder.path, OF_LISTINGS, AbortSignal.abort(reason))).rejects.toBe(reason)
  expect(await readdir(folder.path)).toEqual([])

  const controller = new AbortController()
  const opening = openKeyIndex(folder.path, OF_LISTINGS, controller.signal)
  controller.abort(reason)
  await expect(opening).rejects.toBe(reason)
  await using free = await openKeyIndex(folder.path, OF_LISTINGS, signal)
  expect(free.state()).toBeNull()
})

test('the data directory is made when it is missing', async () => {
  await using folder = await tempFolder()
  const nested = join(folder.path, 'a', 'b')
  await mkdir(join(folder.path, 'a'))
  await using index = await openKeyIndex(nested, OF_LISTINGS, signal)
  expect(index.recreated).toBeNull()
  expect(await readdir(nested)).toEqual(['index'])
})

/** An index whose entries all lie in one table. */
async function compacted(dataDirectory: string): Promise<void> {
  {
    await using index = await openKeyIndex(dataDirectory, OF_LISTINGS, signal)
    await index.reset(feedIdentity(), AT)
    await index.apply(update(Array.from({ length: 500 }, (_, i) => [K(`k${i}`), indexEntry()] as const)))
  }
  await using db = new ClassicLevel(join(dataDirectory, 'index'))
  await db.open()
  await db.compactRange('a', 'z')
}

function named(files: readonly string[], part: string): string {
  const file = files.find((name) => name.includes(part))
  if (file === undefined) throw new Error(`no ${part} among ${files.join(', ')}`)
  return file
}
