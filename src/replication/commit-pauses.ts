import type { Pause } from '../domain/pause.ts'
import type { Feed } from './feed.ts'
import { NothingToPauseError } from './pass-errors.ts'

/**
 * Writes down which passes by schedule stand still, beside a checkpoint that stays as it is. Answers all that stand, or did.
 *
 * @throws {NothingToPauseError} before the first checkpoint
 */
export async function commitPauses(
  { committer, state }: Pick<Feed, 'committer' | 'state'>,
  change: (pauses: readonly Pause[]) => readonly Pause[],
  signal: AbortSignal,
): Promise<readonly Pause[]> {
  await committer.commitAside(() => {
    const [progress] = state.passes()
    if (progress === undefined) throw new NothingToPauseError()
    return { progress, watermark: null, markers: [], pauses: change(state.pauses.all) }
  }, signal)
  return state.pauses.all
}
