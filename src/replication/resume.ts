/** Going on with an interrupted pass: only while the ledger of what it has seen is whole (R7). */
import type { PassId, PassKind, PassProgress } from '../domain/pass.ts'
import type { ResourceDescription } from '../domain/resource.ts'
import { hasCode, ListingstreamError } from '../support/errors.ts'
import type { Feed } from './feed.ts'
import { LEDGER_DAMAGED } from '../domain/error-codes.ts'
import { restarted, walkedOf } from './progress.ts'

/** Ledgers of one pass that may turn out to be damaged before it gives up. */
const MOST_LOSSES = 3

/**
 * Runs the work of a pass, with the interrupted one to go on with, if there is one. A ledger that is lost or damaged has the
 * walk begin again, under the same pass id: what was seen is not known any more, so that a listing might count twice, and
 * hide one that is missing. A pass that fails without a checkpoint leaves no ledger: the next one has another id. Where the
 * process died, or the feed as it is open is at its end, the next start drops it (`keepOnly`).
 *
 * @param resume false for a pass that leaves no checkpoints
 */
export async function onWholeLedger<T>(
  feed: Feed,
  resource: ResourceDescription,
  pass: PassKind,
  resume: boolean,
  work: (interrupted: PassProgress | undefined, passId: PassId) => Promise<T>,
): Promise<T> {
  let begun = feed.newPassId()
  let interrupted = resume ? await resumable(feed, resource, pass) : undefined
  for (let losses = 1; ; losses += 1) {
    const passId = interrupted?.passId ?? begun
    try {
      return await work(interrupted, passId)
    } catch (error) {
      const standing = resume ? feed.state.interrupted(resource.name, pass) : undefined
      const checkpoint = standing?.passId === passId ? standing : undefined
      const damaged = isLedgerDamage(error)
      if (damaged || !resume || (checkpoint === undefined && leftNothing(error)))
        await dropAfter(feed, passId, error)
      if (!damaged || losses > MOST_LOSSES) throw error
      interrupted = checkpoint === undefined ? undefined : afterLoss(checkpoint)
      if (checkpoint !== undefined && interrupted === undefined) begun = feed.newPassId()
    }
  }
}

async function resumable(
  feed: Feed,
  resource: ResourceDescription,
  pass: PassKind,
): Promise<PassProgress | undefined> {
  const interrupted = feed.state.interrupted(resource.name, pass)
  if (interrupted === undefined || (await isWhole(feed, interrupted))) return interrupted
  await feed.index.ledger.drop(interrupted.passId)
  return afterLoss(interrupted)
}

/** What was withheld in earlier slices is not known any more either (R10): then the whole window is read, by a pass of its own. */
function afterLoss(progress: PassProgress): PassProgress | undefined {
  const { window, reread } = progress
  const hasWithheld = reread.masked + reread.changed > 0
  return window !== null && hasWithheld ? undefined : restarted(progress)
}

async function isWhole(feed: Feed, progress: PassProgress): Promise<boolean> {
  const { passId, page, reread } = progress
  const { ledger } = feed.index
  try {
    if ((await ledger.size(passId, 'seen', page + 1)) !== walkedOf(progress)) return false
    // Between two slices nothing is seen yet, and what was withheld may still be gone.
    const isThere = async (set: 'masked' | 'changed'): Promise<boolean> =>
      reread[set] === 0 || (await ledger.size(passId, set, page + 1)) >= reread[set]
    return (await isThere('masked')) && (await isThere('changed'))
  } catch (error) {
    if (isLedgerDamage(error)) return false
    throw error
  }
}

/**
 * Whether the first checkpoint of a pass that failed so is surely not committed (`ChangePublisher.commit`): a failure that
 * ends the feed as it is open may only not know of it.
 */
function leftNothing(error: unknown): boolean {
  return error instanceof ListingstreamError && error.disposition === 'retry'
}

async function dropAfter(feed: Feed, passId: PassId, error: unknown): Promise<void> {
  try {
    await feed.index.ledger.drop(passId)
  } catch (cause) {
    // A ledger that cannot even be dropped needs the index opened anew; what else failed is told by its own error.
    if (isLedgerDamage(error)) throw cause
  }
}

function isLedgerDamage(error: unknown): boolean {
  return hasCode(error, LEDGER_DAMAGED)
}
