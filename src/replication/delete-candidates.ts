import type { HeldKey } from '../domain/hold.ts'
import type { IndexEntry } from '../domain/index-entry.ts'
import type { PassProgress } from '../domain/pass.ts'
import type { RecordKey } from '../domain/record-key.ts'
import type { ResourceDescription } from '../domain/resource.ts'
import { parseProof, type Proof } from './deletion-proof.ts'
import type { Feed } from './feed.ts'

export type Candidates = AsyncIterable<readonly HeldKey[]>

/**
 * What a sweep would delete if the guard let it, in ascending order of key: the keys that are proved to be gone, or, where
 * the walk came back empty, all that are live.
 */
export async function* deleteCandidates(
  { index }: Pick<Feed, 'index'>,
  { name }: ResourceDescription,
  { passId, walked }: PassProgress,
): AsyncGenerator<readonly HeldKey[], void, undefined> {
  if (walked === 0) {
    for await (const batch of index.entries(name)) {
      yield batch.flatMap(([key, entry]) => (entry.state === 'deleted' ? [] : heldKey(key, entry, null)))
    }
    return
  }
  for await (const batch of index.ledger.entries(passId, 'gone')) {
    const entries = await index.getMany(
      name,
      batch.map(([key]) => key),
    )
    yield batch.flatMap(([key, note], i) => {
      const entry = entries[i]
      return entry === undefined || entry.state === 'deleted' ? [] : heldKey(key, entry, parseProof(note))
    })
  }
}

/** @param proof null where it is no delete, or nobody was asked */
export function heldKey(
  key: RecordKey,
  { mlsId, modificationTimestamp, observedAt, partition, offset }: IndexEntry,
  proof: Proof | null,
): HeldKey {
  return {
    key,
    proof: proof === null ? null : { reason: proof.reason, evidence: proof.evidence, at: proof.at },
    mlsId,
    lastModificationTimestamp: modificationTimestamp,
    lastSeenAt: observedAt,
    position: offset < 0 ? null : { partition, offset },
  }
}
