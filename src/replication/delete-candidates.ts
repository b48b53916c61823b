import type { PassProgress } from '../domain/pass.ts'
import type { RecordKey } from '../domain/record-key.ts'
import type { ResourceDescription } from '../domain/resource.ts'
import type { Feed } from './feed.ts'
import type { IndexEntry } from '../domain/index-entry.ts'

export type Candidates = AsyncIterable<readonly (readonly [RecordKey, IndexEntry])[]>

/**
 * What a sweep would delete if the guard let it, in ascending order of key: the keys that are proved to be gone, or, where
 * the walk came back empty, all that are live.
 */
export async function* deleteCandidates(
  { index }: Feed,
  { name }: ResourceDescription,
  { passId, walked }: PassProgress,
): AsyncGenerator<readonly (readonly [RecordKey, IndexEntry])[], void, undefined> {
  if (walked === 0) {
    for await (const batch of index.entries(name)) yield batch.filter(([, { state }]) => state !== 'deleted')
    return
  }
  for await (const batch of index.ledger.entries(passId, 'gone')) {
    const keys = batch.map(([key]) => key)
    const entries = await index.getMany(name, keys)
    yield keys.flatMap((key, i) => {
      const entry = entries[i]
      return entry === undefined ? [] : [[key, entry] as const]
    })
  }
}
