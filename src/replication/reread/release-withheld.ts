/** What of a pass's withheld records other passes hold stays as the topic has it (R10): few as they are, an operator was asked. */
import { HOLD_LOST } from '../../domain/error-codes.ts'
import { isOfRecords, type Hold, type StandingHold } from '../../domain/hold.ts'
import type { PassProgress } from '../../domain/pass.ts'
import type { ListedResource } from '../../domain/resource.ts'
import { hasCode } from '../../support/errors.ts'
import type { Feed } from '../feed.ts'
import { fileHeld } from '../holds/file-held.ts'
import { standingHolds } from '../holds/standing-hold.ts'
import type { LedgerSet } from '../ports.ts'
import { compareOfSweep } from '../reconcile.ts'

export interface Released {
  /** Of the pass's ledger: what may be published. */
  readonly sets: readonly LedgerSet[]
  /** What is left as it is, in words; null if that is nothing. */
  readonly left: string | null
}

/**
 * Whether what such a pass has read says anything of all that its kind holds: a purge by keys or stamps has read next to nothing.
 */
export function readsAllHeld(read: PassProgress): boolean {
  if (read.pass === 'purge') return compareOfSweep(read) === 'content'
  return read.owedSeconds.length === 0
}

/** Whether its verdict is also one of what an operator rejected: of its own kind, or whatever it was, since it reads everything. */
export function judgesAnew(read: PassProgress, { pass }: Pick<Hold, 'pass'>): boolean {
  return readsAllHeld(read) && (pass === read.pass || read.pass !== 'update')
}

/** Pages before all of a pass, and behind them. */
const OF_HOLDS = 0
const OF_PASS = 1

/** Files in the ledger what of these sets no hold has that is another's. */
export async function releaseWithheld(
  feed: Feed,
  resource: ListedResource,
  read: PassProgress,
  sets: readonly LedgerSet[],
  signal: AbortSignal,
): Promise<Released> {
  const others = othersHolds(feed, resource, read)
  if (sets.length === 0 || others.length === 0) return { sets, left: null }
  const { ledger } = feed.index
  const names = others.map(({ hold }) => nameOf(hold)).join(', ')
  if (!(await fileHeldByOthers(feed, read, others, signal))) {
    return { sets: [], left: `what gained masked fields or changed is left as it is: hold ${names}` }
  }
  await ledger.drop(read.passId, 'released')
  let left = 0
  for (const set of sets) {
    for await (const batch of ledger.entries(read.passId, set)) {
      const isFree = await ledger.add(read.passId, 'guarded', OF_PASS, batch)
      const free = batch.filter((_, i) => isFree[i])
      await ledger.add(read.passId, 'released', OF_PASS, free)
      left += batch.length - free.length
    }
  }
  return {
    sets: ['released'],
    left: left === 0 ? null : `${left} records are left as the topic has them: hold ${names}`,
  }
}

function nameOf({ passId, rejectedAt }: Hold): string {
  return rejectedAt === null ? passId : `${passId}, which was rejected`
}

function othersHolds({ state }: Feed, resource: ListedResource, read: PassProgress): readonly StandingHold[] {
  const standing = standingHolds(state, resource).filter(
    ({ hold }) => isOfRecords(hold.kind) && hold.pass !== read.pass,
  )
  return [...standing, ...state.holds.rejected(resource.name).filter(({ hold }) => !judgesAnew(read, hold))]
}

/** @returns false if what is held is lost: then any record may be among it */
async function fileHeldByOthers(
  feed: Feed,
  { passId: pass }: PassProgress,
  others: readonly StandingHold[],
  signal: AbortSignal,
): Promise<boolean> {
  await feed.index.ledger.drop(pass, 'guarded')
  try {
    const filedAs = { pass, set: 'guarded', page: OF_HOLDS } as const
    for (const other of others) {
      for await (const _ of fileHeld(feed, other, filedAs, signal));
    }
  } catch (error) {
    if (!hasCode(error, HOLD_LOST)) throw error
    return false
  }
  return true
}
