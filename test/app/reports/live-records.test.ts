import { expect, test } from 'vitest'

import { countsIn } from '../../../src/app/reports/live-records.ts'
import type { IndexEntry } from '../../../src/domain/index-entry.ts'
import { instant } from '../../../src/domain/instant.ts'
import { recordKey, type RecordKey } from '../../../src/domain/record-key.ts'
import { published, type ListedResource } from '../../../src/domain/resource.ts'
import { openKeyIndex } from '../../../src/key-index/open-key-index.ts'
import { LISTING_SETS } from '../../../src/resources/listing-sets.ts'
import { LISTINGS } from '../../../src/resources/listings.ts'
import { feedIdentity, indexEntry } from '../../fixtures/index-entry.ts'
import { tempFolder } from '../../fixtures/temp-folder.ts'

const { signal } = new AbortController()
const AT = instant(1_760_000_000_000)
const [PHOTOS] = LISTING_SETS
const WITH_PHOTOS: ListedResource = { ...LISTINGS, subresources: [PHOTOS] }
const POSITION = { prefix: 'spark', generation: 1, clusterId: 'cluster-a', listed: [WITH_PHOTOS] }

/** Of four listings, one of them deleted and one without photos, the photos of one were read. */
async function fill(path: string): Promise<void> {
  await using index = await openKeyIndex(path, { resources: published([WITH_PHOTOS]) }, signal)
  await index.reset(feedIdentity({ partitions: { listings: 1, [PHOTOS.name]: 1 } }), AT)
  const none = { photos: null, videos: null, documents: null }
  const listings: readonly (readonly [string, IndexEntry])[] = [
    ['1', indexEntry()],
    ['2', indexEntry()],
    ['3', indexEntry({ state: 'deleted' })],
    ['4', indexEntry({ changeStamps: none })],
  ]
  const { photos = null } = indexEntry().changeStamps
  const read = indexEntry({ changeStamps: { photos } })
  await index.apply({
    parts: [
      { resource: LISTINGS.name, puts: keyed(listings), drops: [] },
      { resource: PHOTOS.name, puts: keyed([['1', read]]), drops: [] },
    ],
    nextOffsets: { [LISTINGS.name]: [4], [PHOTOS.name]: [1] },
    at: AT,
  })
}

function keyed(entries: readonly (readonly [string, IndexEntry])[]): ReadonlyMap<RecordKey, IndexEntry> {
  return new Map(entries.map(([key, entry]) => [recordKey(key), entry]))
}

test('an index that is up to date tells the live records and the sets that are owed', async () => {
  await using folder = await tempFolder()
  await fill(folder.path)
  const nextOffsets = { [LISTINGS.name]: [4], [PHOTOS.name]: [1] }
  expect(await countsIn(folder.path, { ...POSITION, nextOffsets }, signal)).toEqual({
    liveRecords: { count: 4, why: null, byResource: { listings: 3, 'listing-photos': 1 } },
    owedSets: new Map([[PHOTOS.name, 1]]),
  })
})

test('one that is behind the topics tells neither', async () => {
  await using folder = await tempFolder()
  await fill(folder.path)
  const nextOffsets = { [LISTINGS.name]: [4], [PHOTOS.name]: [2] }
  expect(await countsIn(folder.path, { ...POSITION, nextOffsets }, signal)).toEqual({
    liveRecords: { count: null, why: 'the index in DATA_DIR is behind the topics', byResource: {} },
    owedSets: new Map(),
  })
})
