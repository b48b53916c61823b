/** Whether a process may take a feed, judged by what its last writer left (docs/operations.md, "Two instances"). */
import { formatInstant, type Millis } from '../../domain/instant.ts'
import type { SourceIdentity } from '../../domain/pass.ts'
import type { CheckpointLog } from '../../feed/checkpoint-log.ts'
import { ListingstreamError } from '../../support/errors.ts'

export interface TakeOverWishes {
  /** `run` takes over whoever owns the feed; a one-pass command only with `--take-over`. */
  readonly anyOwner: boolean
  readonly acceptSource: boolean
}

export function requireSameSource(log: CheckpointLog, source: SourceIdentity, wishes: TakeOverWishes): void {
  const before = log.source
  if (before === null) return
  const sameMls = before.host === source.host && before.mlsId === source.mlsId
  if (sameMls && (before.userId === source.userId || wishes.acceptSource)) return
  const hint = sameMls
    ? 'If that user may see the same listings, --accept-source takes it.'
    : 'Another source needs another TOPIC_PREFIX.'
  throw new ListingstreamError(
    `The feed replicates ${describe(before)}, but SPARK_ACCESS_TOKEN belongs to ${describe(source)}. ${hint}`,
    { code: 'SOURCE_CHANGED', retryable: false, disposition: 'stop', exitCode: 2 },
  )
}

/** A feed whose owner wrote within two update intervals is not taken from it by a command with another DATA_DIR. */
export function requireFree(
  log: CheckpointLog,
  self: { readonly host: string; readonly dataDir: string },
  updateInterval: Millis,
  now: number,
  wishes: TakeOverWishes,
): void {
  const { owner } = log
  if (owner === undefined || wishes.anyOwner) return
  if (owner.host === self.host && owner.dataDir === self.dataDir) return
  if (now - log.ownerAliveAt > 2 * updateInterval) return
  throw new ListingstreamError(
    `The feed is owned by a process on host ${owner.host} (pid ${owner.pid}, DATA_DIR ${owner.dataDir}), which was alive at ${formatInstant(log.ownerAliveAt)}. Run this there, or take the feed over with --take-over.`,
    { code: 'FEED_OWNED', retryable: true },
  )
}

function describe({ host, userId, mlsId }: SourceIdentity): string {
  return `user ${userId} of MLS ${mlsId} at ${host}`
}
