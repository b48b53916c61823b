/** The deletes of a sweep, each by its proof in the ledger (R9). */
import type { Deletion } from '../../domain/change.ts'
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

export async function publishDeletes(
  feed: Feed,
  resource: ListedResource,
  from: PassProgress,
  approved: boolean,
  signal: AbortSignal,
): Promise<PassProgress> {
  const sweep = { progress: from, approved, overlap: feed.overlap }
  let progress = from
  for await (const batch of feed.index.ledger.entries(from.passId, 'gone')) {
    for (const proved of slices(batch, feed.batchSize)) {
      const proofs = new Map(proved.map(([key, note]) => [key, parseProof(note)]))
      const before = progress
      progress = await feed.committer.commitDeletions(
        resource,
        [...proofs.keys()],
        (key, entry) => deletionOf(key, entry, proofs.get(key), sweep),
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

/** What the deletes of a sweep have in common. */
interface ProvedSweep {
  readonly progress: PassProgress
  /** An operator let go what the guard would have held. */
  readonly approved: boolean
  readonly overlap: Millis
}

function deletionOf(
  key: RecordKey,
  entry: IndexEntry,
  proof: Proof | undefined,
  { progress, approved, overlap }: ProvedSweep,
): ProvedDeletion | undefined {
  // A record that was published or confirmed after the question was sent outweighs its answer (R6, R9 c).
  const outdated = proof === undefined || entry.request > proof.request
  if (outdated || entry.state === 'deleted' || entry.offset >= sweepEnd(progress, entry)) return undefined
  const outOfScope = proof.reason === 'OUT_OF_SCOPE'
  const deletion: Deletion = {
    kind: 'deletion',
    key,
    reason: approved && !outOfScope ? 'OPERATOR' : proof.reason,
    evidence: proof.evidence,
    deletedAt: proof.at,
    absentSince: outOfScope && progress.rescoped ? updatedAfter(proof.at, overlap) : proof.at,
    lastModificationTimestamp: entry.modificationTimestamp,
    mlsId: entry.mlsId,
    changeStamps: entry.changeStamps,
    previousDigest: publishedDigest(entry) ?? null,
  }
  return { deletion, request: proof.request }
}
