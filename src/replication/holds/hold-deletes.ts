import type { HeldChunk, Hold, HoldChanges } from '../../domain/hold.ts'
import type { PassProgress } from '../../domain/pass.ts'
import type { ListedResource } from '../../domain/resource.ts'
import { regrouped } from '../../support/regrouped.ts'
import { deleteCandidates } from '../delete-candidates.ts'
import type { Feed } from '../feed.ts'

/** Of one record: some 100 bytes each, so that it stays far below what a topic takes. */
export const KEYS_PER_CHUNK = 1_000

/**
 * Writes down which deletes of a sweep the guard holds: all but the last chunk, each in a transaction of its own. The last one,
 * which makes it a hold, is for the transaction of the verdict, together with the end of whatever was held before. Interrupted, it
 * leaves chunks that the resumed sweep writes again.
 */
export async function holdDeletes(
  feed: Feed,
  resource: ListedResource,
  progress: PassProgress,
  why: string,
  signal: AbortSignal,
): Promise<HoldChanges> {
  const { pass, passId, startedAt, sweepOffsets } = progress
  const hold: Hold = {
    resource: resource.name,
    pass,
    passId,
    kind: 'deletes',
    generation: feed.state.generation,
    startedAt,
    sweepOffsets,
    heldAt: feed.clock.now(),
    why,
    rejectedAt: null,
  }
  let last: HeldChunk = { hold, chunk: 0, whole: null, keys: [] }
  let keys = 0
  for await (const some of regrouped(deleteCandidates(feed, resource, progress), KEYS_PER_CHUNK)) {
    if (keys > 0) {
      const holds = { written: [last], ended: [] }
      await feed.committer.commitProgress(resource, { progress, watermark: null, markers: [], holds }, signal)
      last = { ...last, chunk: last.chunk + 1 }
    }
    keys += some.length
    last = { ...last, keys: some }
  }
  const chunks = last.chunk + 1
  return {
    written: [{ ...last, whole: { chunks, keys } }],
    ended: feed.state.holds.ending(resource.name, 'deletes', { hold, chunks }),
  }
}
