import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { describe, expect, test } from 'vitest'
import { z } from 'zod'

import { MetadataCache, type MetadataCacheOptions } from '../../../src/app/metadata/metadata-cache.ts'
import { Secret } from '../../../src/config/secret.ts'
import { tempFolder } from '../../fixtures/temp-folder.ts'

const PATH = '/v1/standardfields'
const TOKEN = 'invented-token-0815'
const ANSWER = { etag: '"e"', lastModified: null, items: ['City', 'BedsTotal'] }

function options(dataDir: string, changes: Partial<MetadataCacheOptions> = {}): MetadataCacheOptions {
  return {
    dataDir,
    apiUrl: 'https://api.example',
    accessToken: new Secret(TOKEN),
    source: { host: 'api.example', userId: 'u', mlsId: 'm' },
    ...changes,
  }
}

async function found(of: MetadataCacheOptions, path = PATH) {
  return (await MetadataCache.open(of)).find(path, z.string())
}

describe('the metadata cache', () => {
  test('survives a restart', async () => {
    await using folder = await tempFolder()
    const own = options(folder.path)
    expect(await found(own)).toBeUndefined()
    await (await MetadataCache.open(own)).store(PATH, ANSWER)
    expect(await found(own)).toEqual(ANSWER)
    expect(await found(own, '/v1/customfields')).toBeUndefined()
  })

  test('is of no use to another token, user, MLS or host, and keeps nothing of theirs', async () => {
    await using folder = await tempFolder()
    const own = options(folder.path)
    await (await MetadataCache.open(own)).store(PATH, ANSWER)
    const { source } = own
    const others = [
      options(folder.path, { accessToken: new Secret('another-token') }),
      options(folder.path, { source: { ...source, userId: 'v' } }),
      options(folder.path, { source: { ...source, mlsId: 'n' } }),
      options(folder.path, { source: { ...source, host: 'other.example' } }),
      options(folder.path, { apiUrl: 'https://other.example' }),
    ]
    for (const other of others) expect(await found(other)).toBeUndefined()
    await (await MetadataCache.open(others[0]!)).store(PATH, ANSWER)
    expect(await found(own)).toBeUndefined()
  })

  test('holds no token, and leaves no draft behind (R15)', async () => {
    await using folder = await tempFolder()
    const cache = await MetadataCache.open(options(folder.path))
    await cache.store(PATH, ANSWER)
    await cache.store('/v1/customfields', ANSWER)
    expect(await readdir(folder.path)).toEqual(['metadata.json'])
    expect(await readFile(join(folder.path, 'metadata.json'), 'utf8')).not.toContain(TOKEN)
  })

  test.each(['', 'no JSON', '[]', '{"version":2,"answers":{}}'])(
    'is empty where the file says %j, and can be written again',
    async (text) => {
      await using folder = await tempFolder()
      await writeFile(join(folder.path, 'metadata.json'), text)
      const cache = await MetadataCache.open(options(folder.path))
      expect(cache.find(PATH, z.string())).toBeUndefined()
      await cache.store(PATH, ANSWER)
      expect(await found(options(folder.path))).toEqual(ANSWER)
    },
  )

  test('gives nothing that is not what the reader expects', async () => {
    await using folder = await tempFolder()
    await (await MetadataCache.open(options(folder.path))).store(PATH, ANSWER)
    expect((await MetadataCache.open(options(folder.path))).find(PATH, z.number())).toBeUndefined()
  })
})
