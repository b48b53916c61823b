import type { Subresource } from '../domain/resource.ts'
import { ListingstreamError } from '../support/errors.ts'
import { LEDGER_DAMAGED } from '../domain/error-codes.ts'
import type { SourceIdentity } from '../domain/pass.ts'
import { SourceError, type SweepDoubt } from '../domain/sweep-doubt.ts'

/** A walk ended, but not all that the source says it has was seen (R7). Nothing is concluded from it. */
export class IncompleteWalkError extends SourceError {
  constructor(message: string, doubt: SweepDoubt) {
    super(message, { code: 'PASS_INCOMPLETE', retryable: true, doubt })
  }
}

/** The source's clock cannot be used as the pass's `startedAt` (R4). */
export class SourceClockError extends SourceError {
  constructor(message: string) {
    super(message, { code: 'SOURCE_CLOCK', retryable: true, doubt: 'clock' })
  }
}

/** A sweep's source is not the one that the feed replicates: what it does not show may only be hidden from whom it shows it to. */
export class IdentityChangedError extends SourceError {
  constructor(feed: SourceIdentity, found: SourceIdentity) {
    super(
      `The access token is of ${describeIdentity(found)} now, but the feed replicates ${describeIdentity(feed)}: who may see fewer records would make the rest look deleted. Nothing is concluded from this purge. Ask the MLS what became of the key; another user of the same MLS is taken by a restart with --accept-source.`,
      { code: 'SWEEP_IDENTITY_CHANGED', retryable: false, disposition: 'retry', doubt: 'identity_changed' },
    )
  }
}

/** What a walk has just shown is gone when it is asked for alone, and so is whatever it would vouch for. */
export class WitnessLostError extends SourceError {
  constructor(resource: string, witness: string) {
    super(
      `The walk of ${resource} showed ${witness}, and neither a list nor its own address shows it now: it was deleted meanwhile, or the key sees less than before. Nothing is concluded from this purge; the next one walks again.`,
      { code: 'SWEEP_WITNESS_LOST', retryable: true, doubt: 'witness_lost' },
    )
  }
}

function describeIdentity({ host, userId, mlsId }: SourceIdentity): string {
  return `user ${userId} of MLS ${mlsId} at ${host}`
}

/** A note that the pass itself had written down cannot be understood. */
export class LedgerDamagedError extends ListingstreamError {
  constructor(what: string) {
    super(`The ledger of a pass is damaged: ${what}. Its walk begins again; nothing is lost.`, {
      code: LEDGER_DAMAGED,
      retryable: true,
    })
  }
}

/** A pause is written beside a checkpoint, of which there is none before the first page of the first pass. */
export class NothingToPauseError extends ListingstreamError {
  constructor() {
    super(
      'The feed has not begun: no pass has come to its first page, so there is none to pause. Run "listingstream snapshot" or "run" first.',
      { code: 'NOTHING_TO_PAUSE', retryable: true },
    )
  }
}

/** `update` or `purge` was asked for before a first snapshot had been completed. */
export class NoSnapshotError extends ListingstreamError {
  constructor(resource: string, pass: string) {
    super(
      `There is no complete snapshot of ${resource} yet, so there is nothing to ${pass}. Run "listingstream snapshot --resource ${resource}" first (or "listingstream run", which begins with one).`,
      { code: 'NO_SNAPSHOT', retryable: false, disposition: 'stop' },
    )
  }
}

/** `update` or `purge` was asked for after the scope was changed, and before a snapshot under the new one had begun. */
export class ScopeChangedError extends ListingstreamError {
  constructor(resource: string, pass: string) {
    super(
      `The scope of ${resource} was changed (LISTINGS_FILTER, LISTINGS_SELECT or EXPAND), and the topic is filled by the one before: the ${pass} would leave out what the new one lets in. Run "listingstream snapshot --resource ${resource}" first; "listingstream run" does so by itself.`,
      { code: 'SCOPE_CHANGED', retryable: false, disposition: 'stop' },
    )
  }
}

/** `update` was asked for of a resource whose records do not say when they changed. */
export class NoChangeStampError extends ListingstreamError {
  constructor(resource: string) {
    super(
      `The source does not say when a record of ${resource} changed, so there is nothing to update by. Run "listingstream snapshot --resource ${resource}", which compares all of them; "listingstream run" does so every FULL_WALK_INTERVAL.`,
      { code: 'NO_CHANGE_STAMP', retryable: false, disposition: 'stop' },
    )
  }
}

/** `purge` was asked for of what is deleted with something else. */
export class NoPurgeError extends ListingstreamError {
  constructor({ name, parent }: Subresource) {
    super(
      `${name} has no purge of its own: a set goes in the transaction that deletes its record. Run the purge of ${parent}.`,
      { code: 'NO_PURGE', retryable: false, disposition: 'stop' },
    )
  }
}

/** An operator decides on what nobody holds. */
export class NoHoldError extends ListingstreamError {
  /** @param held deletes that the checkpoints say are held, though no record has their keys */
  constructor(resource: string, sweep: string, held: number) {
    super(
      held === 0
        ? `The guard holds nothing of ${resource}, so there is nothing to decide of sweep ${sweep}: it came to another verdict, or somebody has decided. "listingstream status" tells.`
        : `The keys of the ${held} deletes of ${resource} that are held are not in the topic of holds: a version held them that wrote none, or the topic was made again. Run "listingstream purge --resource ${resource}": it walks anew, and what the guard holds then can be decided on.`,
      { code: 'NO_HOLD', retryable: false, disposition: 'stop' },
    )
  }
}

/** What an operator has seen is no longer what is held: nothing is deleted by it. */
export class HoldSupersededError extends ListingstreamError {
  /** @param why "sweep X has begun since" */
  constructor(resource: string, sweep: string, why: string) {
    super(
      `Nothing of ${resource} is decided by sweep ${sweep}: ${why}. Look at what is held now with "listingstream purge show --resource ${resource}", and decide on that.`,
      { code: 'HOLD_SUPERSEDED', retryable: false, disposition: 'stop', exitCode: 3 },
    )
  }
}

/**
 * A transaction is committed that the index does not reflect, or the index cannot be read: what is classified against it
 * now would be published twice. Only opening the feed again mends it (R1, R2).
 */
export class IndexBehindError extends ListingstreamError {
  constructor(cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause)
    super(
      `The key index could not follow the topics: ${why} Nothing is lost; the next start brings it up to the topics.`,
      { code: 'INDEX_BEHIND', retryable: true, disposition: 'reopen', cause },
    )
  }
}

/** Keys were to be published again while a republish of everything was interrupted, whose place would be lost. */
export class RepublishUnfinishedError extends ListingstreamError {
  constructor(resource: string) {
    super(
      `A republish of all ${resource} was interrupted and is not at its end. "listingstream republish --all --resource ${resource}" goes on with it (so does "listingstream run" when it starts); then ask for these keys again, if it has not published them.`,
      { code: 'REPUBLISH_UNFINISHED', retryable: false, disposition: 'stop' },
    )
  }
}
