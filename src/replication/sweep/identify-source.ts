import type { Feed } from '../feed.ts'
import { IdentityChangedError } from '../pass-errors.ts'

/**
 * Before a sweep's first page and after the last question that a delete rests on: the source is still the feed's, under the same
 * user and MLS (R9). Whoever sees less than the feed's user would make the rest look deleted.
 *
 * @throws {IdentityChangedError}
 */
export async function requireFeedsSource({ source, identity }: Feed, signal: AbortSignal): Promise<void> {
  const found = await source.identify('walk', signal)
  const { host, userId, mlsId } = found
  if (host !== identity.host || userId !== identity.userId || mlsId !== identity.mlsId) {
    throw new IdentityChangedError(identity, found)
  }
}
