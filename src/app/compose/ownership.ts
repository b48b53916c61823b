/** Whether a process may take a feed, judged by what its last writer left (docs/operations.md, "Two instances"). */
import { formatInstant, type Millis } from '../../domain/instant.ts'
import type { SourceIdentity } from '../../domain/pass.ts'
import type { CheckpointLog } from '../../feed/checkpoint-log.ts'
import type { Owner } from '../../feed/state-records.ts'
import { ListingstreamError } from '../../support/errors.ts'
import { isProcessAlive, processBeganAt } from '../../support/process-alive.ts'

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

/** Of the process that wants the feed. */
type Self = Pick<Owner, 'host' | 'dataDir' | 'pid'>

/** Two clocks of one machine: that of processes is told to the second, and moves with the other one when that is set. */
const CLOCK_TOLERANCE_MS = 60_000

/** A feed whose owner wrote within two update intervals is not taken from it by a command, unless that owner is gone. */
export function requireFree(
  log: Pick<CheckpointLog, 'owner' | 'ownerAliveAt'>,
  self: Self,
  updateInterval: Millis,
  now: number,
  wishes: TakeOverWishes,
): void {
  const { owner } = log
  if (owner === undefined || wishes.anyOwner || now - log.ownerAliveAt > 2 * updateInterval) return
  const isOurFolder = owner.host === self.host && owner.dataDir === self.dataDir
  if (isOurFolder && !isThere(owner, self)) return
  const what = isOurFolder
    ? `a process of this host that works with this DATA_DIR too (pid ${owner.pid}), although it does not hold the folder now: that was deleted or replaced under it, or it waits to open the feed again. A daemon does so within seconds; repeat the command then, or stop that process`
    : `a process on host ${owner.host} (pid ${owner.pid}, DATA_DIR ${owner.dataDir}), which was alive at ${formatInstant(log.ownerAliveAt)}. Run this there`
  throw new ListingstreamError(`The feed is owned by ${what}, or take the feed over with --take-over.`, {
    code: 'FEED_OWNED',
    retryable: true,
  })
}

/**
 * Whether the owner lives on this host. It held the lock of the folder, which this process has now, so it should not: but a folder
 * that is deleted takes its lock with it. Not where its number is another process's by now, as in a container that was started
 * again, whose first process always has the same; of one in another container with this host's name nobody can tell.
 */
function isThere({ pid, startedAt }: Owner, self: Self): boolean {
  if (pid === self.pid || !isProcessAlive(pid)) return false
  const beganAt = processBeganAt(pid)
  return beganAt === undefined || beganAt <= startedAt + CLOCK_TOLERANCE_MS
}

function describe({ host, userId, mlsId }: SourceIdentity): string {
  return `user ${userId} of MLS ${mlsId} at ${host}`
}
