import { HOLD_LOST } from '../../domain/error-codes.ts'
import type { StandingHold } from '../../domain/hold.ts'
import type { PassProgress } from '../../domain/pass.ts'
import type { RecordKey } from '../../domain/record-key.ts'
import type { ListedResource } from '../../domain/resource.ts'
import { hasCode } from '../../support/errors.ts'
import type { Feed } from '../feed.ts'
import { fileHeld } from '../holds/file-held.ts'
import { publishByKey, type LetterRetry } from '../publish-by-key.ts'
import { withholdingOf } from './withholding.ts'

/** Counts as a page that is before all of a pass. */
const OF_PASS = 0

/**
 * Reads by key what is held and the pass has not shown (R10): a window that has become narrower, or a record that has left it, is
 * no word about what is held. What the source does not show even so is passed over, as an approval does.
 */
export async function readUnread(
  feed: Feed,
  resource: ListedResource,
  read: PassProgress,
  { standing, letters }: { readonly standing: StandingHold; readonly letters: LetterRetry | undefined },
  signal: AbortSignal,
): Promise<PassProgress> {
  if (!(await fileUnread(feed, resource, read, standing, signal))) return read
  const options = {
    set: 'unread',
    accepts: () => true,
    askedAgain: false,
    withholding: withholdingOf(feed.reread, read),
    letters,
    orWalk: undefined,
  } as const
  return publishByKey(feed, resource, read, options, signal)
}

/** @returns false if what is held is lost: then nobody can ask for it */
async function fileUnread(
  feed: Feed,
  resource: ListedResource,
  read: PassProgress,
  standing: StandingHold,
  signal: AbortSignal,
): Promise<boolean> {
  const { ledger } = feed.index
  await ledger.drop(read.passId, 'held')
  await ledger.drop(read.passId, 'unread')
  for (const set of ['masked', 'changed'] as const) {
    for await (const withheld of ledger.entries(read.passId, set)) {
      await ledger.add(read.passId, 'held', OF_PASS, withheld)
    }
  }
  try {
    const filedAs = { pass: read.passId, set: 'held', page: OF_PASS + 1 } as const
    for await (const { keys, isNew } of fileHeld(feed, standing, filedAs, signal)) {
      const open = keys.flatMap(({ key }, i) => (isNew[i] === true ? [key] : []))
      const entries = await feed.index.getMany(resource.name, open)
      const unread = open.filter((_, i) => {
        const entry = entries[i]
        return entry !== undefined && entry.state !== 'deleted' && entry.observedAt < read.startedAt
      })
      const marks = unread.map((key): readonly [RecordKey, string] => [key, ''])
      await ledger.add(read.passId, 'unread', OF_PASS, marks)
    }
  } catch (error) {
    if (!hasCode(error, HOLD_LOST)) throw error
    return false
  }
  return true
}
