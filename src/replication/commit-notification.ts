import type { FeedNotification } from '../domain/notification.ts'
import { InvariantViolation } from '../support/errors.ts'
import type { Feed } from './feed.ts'

/** Publishes it, beside a checkpoint that stays as it is; false before the first one: then there is none that it could be beside. */
export async function commitNotification(
  { committer, state }: Pick<Feed, 'committer' | 'state'>,
  notification: FeedNotification,
  signal: AbortSignal,
): Promise<boolean> {
  if (state.passes().length === 0) return false
  await committer.commitAside(() => {
    const [progress] = state.passes()
    if (progress === undefined) throw new InvariantViolation('A checkpoint is not there any more.')
    return { progress, watermark: null, markers: [], notifications: [notification] }
  }, signal)
  return true
}
