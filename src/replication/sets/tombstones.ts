/** Sets whose record is gone (R13). */
import type { Deletion } from '../../domain/change.ts'
import type { IndexEntry } from '../../domain/index-entry.ts'
import type { Instant } from '../../domain/instant.ts'
import type { RecordKey } from '../../domain/record-key.ts'
import type { ListedResource, ResourceName, Subresource } from '../../domain/resource.ts'
import type { BatchPart } from '../batch.ts'
import { publishedDigest } from '../classify.ts'
import type { IndexPart, KeyIndex } from '../ports.ts'
import { deletedPart, type ProvedDeletion } from '../proved-deletion.ts'
import { isLive } from './owed.ts'

/** The sets of the records that `part` deletes, to go with them in one transaction. */
export async function tombstonesWith(
  index: Pick<KeyIndex, 'getMany'>,
  { subresources }: ListedResource,
  { changes, entries }: BatchPart,
): Promise<readonly BatchPart[]> {
  const deletions = new Map(changes.map((change) => [change.key, change]))
  const keys = [...deletions.keys()]
  const parts: BatchPart[] = []
  for (const set of subresources) {
    const known = await knownOf(index, set.name, keys)
    const part = deletedPart(set, known, (key, entry) => {
      const deletion = deletions.get(key)
      const request = entries.get(key)?.request ?? 0
      return deletion?.kind === 'deletion' ? goneWith(key, entry, deletion, request) : undefined
    })
    if (part.entries.size > 0) parts.push(part)
  }
  return parts
}

/** Sets without a live record, as the index now says. */
export async function orphanTombstones(
  index: Pick<KeyIndex, 'getMany'>,
  parent: ListedResource,
  set: Subresource,
  keys: readonly RecordKey[],
  now: Instant,
): Promise<BatchPart> {
  const records = new Map(await knownOf(index, parent.name, keys))
  const known = await knownOf(index, set.name, keys)
  return deletedPart(set, known, (key, entry) => {
    return isLive(records.get(key))
      ? undefined
      : goneWith(key, entry, { deletedAt: now, absentSince: now }, entry.request)
  })
}

/** Forgets the sets of records that are forgotten. */
export async function forgottenWith(
  index: Pick<KeyIndex, 'getMany'>,
  { subresources }: Pick<ListedResource, 'subresources'>,
  keys: readonly RecordKey[],
): Promise<readonly IndexPart[]> {
  const parts: IndexPart[] = []
  for (const { name } of subresources) {
    const known = await knownOf(index, name, keys)
    const drops = known.filter(([, { state }]) => state === 'deleted').map(([key]) => key)
    if (drops.length > 0) parts.push({ resource: name, puts: new Map(), drops })
  }
  return parts
}

async function knownOf(
  index: Pick<KeyIndex, 'getMany'>,
  resource: ResourceName,
  keys: readonly RecordKey[],
): Promise<readonly (readonly [RecordKey, IndexEntry])[]> {
  const found = await index.getMany(resource, keys)
  return keys.flatMap((key, i) => {
    const entry = found[i]
    return entry === undefined ? [] : [[key, entry] as const]
  })
}

/** No event tells of it: the proof is that of its record. */
function goneWith(
  key: RecordKey,
  entry: IndexEntry,
  { deletedAt, absentSince }: Pick<Deletion, 'deletedAt' | 'absentSince'>,
  request: number,
): ProvedDeletion | undefined {
  if (entry.state === 'deleted') return undefined
  const { mlsId, changeStamps } = entry
  const deletion: Deletion = {
    kind: 'deletion',
    key,
    reason: 'NOT_IN_SOURCE',
    evidence: 'LIST_QUERY',
    deletedAt,
    absentSince,
    lastModificationTimestamp: null,
    lastSeenAt: null,
    missingSince: null,
    lastFields: {},
    mlsId,
    changeStamps,
    previousDigest: publishedDigest(entry) ?? null,
  }
  return { deletion, request: Math.max(request, entry.request) }
}
