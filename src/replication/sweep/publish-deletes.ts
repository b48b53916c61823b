/** The deletes of a sweep, each by its proof in the ledger (R9). */
import type { Deletion, LastFields } from '../../domain/change.ts'
import type { IndexEntry } from '../../domain/index-entry.ts'
import type { Millis } from '../../domain/instant.ts'
import type { PassProgress } from '../../domain/pass.ts'
import type { RecordKey } from '../../domain/record-key.ts'
import type { ListedResource } from '../../domain/resource.ts'
import { slices } from '../../support/slices.ts'
import { publishedDigest } from '../classify.ts'
import { parseProof, type Proof } from '../deletion-proof.ts'
import type { Feed } from '../feed.ts'
import { sweepEnd } from '../missing-keys.ts'
import { withDeletes } from '../progress.ts'
import type { ProvedDeletion } from '../proved-deletion.ts'
import { updatedAfter } from '../window.ts'
import { sweepsWithout } from './missing.ts'

export async function publishDeletes(
  feed: Feed,
  resource: ListedResource,
  from: PassProgress,
  approved: boolean,
  signal: AbortSignal,
): Promise<PassProgress> {
  const { overlap, confirmSweeps } = feed
  const sweep = { progress: from, approved, overlap, confirmSweeps }
  let progress = from
  for await (const batch of feed.index.ledger.entries(from.passId, 'gone')) {
    for (const proved of slices(batch, feed.batchSize)) {
      const proofs = new Map(proved.map(([key, note]) => [key, parseProof(note)]))
      const last = await lastFieldsOf(feed, resource, [...proofs.keys()], signal)
      const before = progress
      progress = await feed.committer.commitDeletions(
        resource,
        [...proofs.keys()],
        (key, entry) => deletionOf(key, entry, { proof: proofs.get(key), last: last.get(key) }, sweep),
        (emitted, refuted) => ({
          progress: withDeletes(before, { emitted, refuted }),
          watermark: null,
          markers: [],
        }),
        signal,
      )
    }
  }
  return progress
}

/**
 * Before the commit's turn, so that nobody waits for it: what is published of a key meanwhile keeps it from being deleted (R9 c).
 * Of what is in the topic alone, so that the index needs no room for it.
 */
async function lastFieldsOf(
  { index, published }: Feed,
  resource: ListedResource,
  keys: readonly RecordKey[],
  signal: AbortSignal,
): Promise<ReadonlyMap<RecordKey, LastFields>> {
  if (resource.lastFields === undefined) return new Map()
  const entries = await index.getMany(resource.name, keys)
  const positions = new Map(
    keys.flatMap((key, i) => {
      const entry = entries[i]
      return entry === undefined || publishedDigest(entry) === undefined ? [] : [[key, entry] as const]
    }),
  )
  return positions.size === 0 ? new Map() : published.lastFields(resource, positions, signal)
}

/** What is known of a key beside its entry. */
interface Known {
  readonly proof: Proof | undefined
  readonly last: LastFields | undefined
}

/** What the deletes of a sweep have in common. */
interface ProvedSweep {
  readonly progress: PassProgress
  /** An operator let go what the guard would have held. */
  readonly approved: boolean
  readonly overlap: Millis
  readonly confirmSweeps: number
}

function deletionOf(
  key: RecordKey,
  entry: IndexEntry,
  { proof, last = {} }: Known,
  { progress, approved, overlap, confirmSweeps }: ProvedSweep,
): ProvedDeletion | undefined {
  // A record that was published or confirmed after the question was sent outweighs its answer (R6, R9 c).
  const outdated = proof === undefined || entry.request > proof.request
  if (outdated || entry.state === 'deleted' || entry.offset >= sweepEnd(progress, entry)) return undefined
  const outOfScope = proof.reason === 'OUT_OF_SCOPE'
  const isConfirmed = sweepsWithout(entry.missing, progress.startedAt) >= confirmSweeps
  // Seen again meanwhile, so that counting has begun anew.
  if (!isConfirmed && !(outOfScope && progress.rescoped)) return undefined
  const deletion: Deletion = {
    kind: 'deletion',
    key,
    reason: approved && !outOfScope ? 'OPERATOR' : proof.reason,
    evidence: proof.evidence,
    deletedAt: proof.at,
    absentSince: outOfScope && progress.rescoped ? updatedAfter(proof.at, overlap) : proof.at,
    lastModificationTimestamp: entry.modificationTimestamp,
    lastSeenAt: entry.observedAt,
    missingSince: entry.missing?.since ?? progress.startedAt,
    lastFields: last,
    mlsId: entry.mlsId,
    changeStamps: entry.changeStamps,
    previousDigest: publishedDigest(entry) ?? null,
  }
  return { deletion, request: proof.request }
}
