import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { describe, expect, test } from 'vitest'

import { memoryPrevious, type PreviousStore } from '../../../../src/consumer/sdk/previous/previous-store.ts'
import { sqlitePrevious } from '../../../../src/consumer/sdk/previous/sqlite-previous.ts'
import { tempFolder } from '../../../fixtures/temp-folder.ts'

const ENTRY = {
  topic: 'spark.listings',
  partition: 2,
  offset: 2 ** 40,
  observedAt: '2026-05-02T14:05:00.000Z',
  value: { listing: { price: 0.1 + 0.2, text: 'Björkö "x" \u0000 🏠', none: null, list: [1, 'a', true] } },
}

/** What any store does. */
async function itIsAStore(store: PreviousStore): Promise<void> {
  expect(await store.get('a')).toBeUndefined()
  await store.set('a', ENTRY)
  expect(await store.get('a')).toEqual(ENTRY)
  const gone = { ...ENTRY, offset: ENTRY.offset + 2, value: null }
  await store.set('a', gone)
  expect(await store.get('a')).toEqual(gone)
  expect(await store.get('A')).toBeUndefined()
}

test('in memory, an entry is what was set last', async () => {
  await itIsAStore(memoryPrevious())
})

describe('in SQLite', () => {
  test('an entry is what was set last, to the last digit', async () => {
    await using folder = await tempFolder()
    await using store = await sqlitePrevious(join(folder.path, 'previous.db'))
    await itIsAStore(store)
  })

  test('it is there when the file is opened again, beside what others have in it', async () => {
    await using folder = await tempFolder()
    const file = join(folder.path, 'previous.db')
    {
      await using store = await sqlitePrevious(file)
      await store.set('a', ENTRY)
    }
    await using first = await sqlitePrevious(file)
    await using second = await sqlitePrevious(file)
    expect(await first.get('a')).toEqual(ENTRY)
    await second.set('b', ENTRY)
    expect(await first.get('b')).toEqual(ENTRY)
  })

  test('a file that is no database is named', async () => {
    await using folder = await tempFolder()
    const file = join(folder.path, 'previous.db')
    await writeFile(file, 'x'.repeat(5_000))
    await expect(sqlitePrevious(file)).rejects.toMatchObject({
      code: 'STORE_UNUSABLE',
      message: expect.stringContaining('previous.db'),
    })
  })
})
