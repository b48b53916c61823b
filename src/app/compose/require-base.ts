import { CommittedState } from '../../replication/committed-state.ts'
import { requireBase } from '../../replication/pass-base.ts'
import type { FeedReader } from './feed-reader.ts'
import type { WantedPass } from './open-feed-options.ts'

/**
 * Before anything is registered or written: the registry has to know what the checkpoints were written under, and the
 * pass that is wanted has to have what it builds on.
 *
 * @throws {RegistryLostError} if the registry does not
 * @throws {ListingstreamError} see `requireBase`
 */
export async function requireWantedBase(
  { log }: Pick<FeedReader, 'log'>,
  wanted: WantedPass | undefined,
  signal: AbortSignal,
): Promise<void> {
  await log.refreshIfThere(signal)
  if (wanted !== undefined) requireBase(new CommittedState(log.state()), wanted.resource, wanted.pass)
}
