import type { Deletion } from '../domain/change.ts'
import { NO_DIGEST, NO_SCHEMA } from '../domain/content.ts'
import type { IndexEntry } from '../domain/index-entry.ts'
import type { RecordKey } from '../domain/record-key.ts'
import type { ResourceDescription } from '../domain/resource.ts'
import { emptyPart, type BatchPart } from './batch.ts'
import { publishedDigest } from './classify.ts'

export interface ProvedDeletion {
  readonly deletion: Deletion
  /** The question that proved it (R6). */
  readonly request: number
}

/**
 * What the deletes of these keys come to. Of a key that nobody was told of, only the dead letter goes.
 *
 * @param select undefined leaves the key
 */
export function deletedPart(
  resource: ResourceDescription,
  known: Iterable<readonly [RecordKey, IndexEntry]>,
  select: (key: RecordKey, entry: IndexEntry) => ProvedDeletion | undefined,
): BatchPart {
  const changes: Deletion[] = []
  const settledLetters: RecordKey[] = []
  const entries = new Map<RecordKey, IndexEntry>()
  for (const [key, entry] of known) {
    const proved = select(key, entry)
    if (proved === undefined) continue
    const { deletion, request } = proved
    if (publishedDigest(entry) !== undefined) changes.push(deletion)
    if (entry.state === 'dead_lettered') settledLetters.push(key)
    const { publishedDigest: _, missing: _missing, masked: _masked, ...place } = entry
    const forgotten = { state: 'deleted', digest: NO_DIGEST, schemaId: NO_SCHEMA } as const
    entries.set(key, { ...place, ...forgotten, observedAt: deletion.absentSince, request })
  }
  return { ...emptyPart(resource), changes, settledLetters, entries }
}
