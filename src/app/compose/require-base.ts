import type { PassKind } from '../../domain/pass.ts'
import { CommittedState } from '../../replication/committed-state.ts'
import { NoSnapshotError } from '../../replication/pass-errors.ts'
import { LISTINGS } from '../../resources/listings.ts'
import type { FeedReader } from './feed-reader.ts'

/**
 * Before anything is registered or written: the registry has to know what the checkpoints were written under.
 *
 * @throws {RegistryLostError} if it does not
 * @throws {NoSnapshotError} if the pass needs a snapshot that is not there.
 */
export async function requireBase(
  { cluster, names, log }: FeedReader,
  pass: PassKind | undefined,
  signal: AbortSignal,
): Promise<void> {
  const { size } = await cluster.describeTopics([names.checkpoints], signal)
  if (size > 0) await log.refresh(signal)
  if (pass === undefined || pass === 'snapshot') return
  const state = new CommittedState(log.state())
  const hasBase =
    pass === 'update' ? state.watermark(LISTINGS.name) !== undefined : state.hasSnapshot(LISTINGS.name)
  if (!hasBase) throw new NoSnapshotError(LISTINGS.name, pass)
}
