import { CommittedState } from '../../replication/committed-state.ts'
import { NoChangeStampError, NoSnapshotError } from '../../replication/pass-errors.ts'
import type { FeedReader } from './feed-reader.ts'
import type { WantedPass } from './open-feed-options.ts'

/**
 * Before anything is registered or written: the registry has to know what the checkpoints were written under.
 *
 * @throws {RegistryLostError} if it does not
 * @throws {NoChangeStampError} if it is an update of a resource that has none
 * @throws {NoSnapshotError} if the pass needs a snapshot that is not there.
 */
export async function requireBase(
  { log }: Pick<FeedReader, 'log'>,
  wanted: WantedPass | undefined,
  signal: AbortSignal,
): Promise<void> {
  await log.refreshIfThere(signal)
  if (wanted === undefined || wanted.pass === 'snapshot') return
  const { resource, pass } = wanted
  if (pass === 'update' && resource.stamp === null) throw new NoChangeStampError(resource.name)
  const state = new CommittedState(log.state())
  const hasBase =
    pass === 'update' ? state.watermark(resource.name) !== undefined : state.hasSnapshot(resource.name)
  if (!hasBase) throw new NoSnapshotError(resource.name, pass)
}
