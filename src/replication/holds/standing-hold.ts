import { isOfRecords, type Hold, type StandingHold } from '../../domain/hold.ts'
import {
  NO_DELETES,
  NO_OUTCOMES,
  NO_REREAD,
  NOTHING_MISSED,
  type PassId,
  type PassProgress,
} from '../../domain/pass.ts'
import type { ResourceDescription } from '../../domain/resource.ts'
import { InvariantViolation } from '../../support/errors.ts'
import type { CommittedState } from '../committed-state.ts'
import { HoldSupersededError, NoHoldError } from '../pass-errors.ts'

type Named = Pick<ResourceDescription, 'name'>

/** What the guard holds of the resource: deletes first, then newest first. */
export function standingHolds(state: CommittedState, { name }: Named): readonly StandingHold[] {
  return state.holds.all(name).filter(({ hold }) => !isOver(state, hold))
}

/** The deletes alone. */
export function standingHold(state: CommittedState, resource: Named): StandingHold | undefined {
  return standingHolds(state, resource).find(({ hold }) => !isOfRecords(hold.kind))
}

/**
 * A version that knows no records of holds ends none: where a pass came to a verdict since, it is held no longer, whatever the
 * topic has.
 */
function isOver(state: CommittedState, { resource, pass, kind, passId }: Hold): boolean {
  const last = state.lastPass(resource, pass)
  if (last === undefined) return true
  if (isOfRecords(kind)) return last.reread.held === 0
  const hasVerdict = last.state === 'completed' || last.state === 'held'
  return hasVerdict && last.passId !== passId && last.decidesOn === null
}

/**
 * What is held under that id.
 *
 * @throws {NoHoldError} if nothing of the resource is held
 * @throws {HoldSupersededError} if something else is
 */
export function holdOf(state: CommittedState, resource: Named, sweep: PassId): StandingHold {
  const { name } = resource
  const all = standingHolds(state, resource)
  if (all.length === 0) {
    throw new NoHoldError(name, sweep, state.lastPass(name, 'purge')?.deletes.held ?? 0)
  }
  const standing = all.find(({ hold }) => hold.passId === sweep)
  if (standing !== undefined) return standing
  const others = all.map(
    ({ hold, keys }) => `${hold.passId} (${keys} ${isOfRecords(hold.kind) ? 'records' : 'deletes'})`,
  )
  throw new HoldSupersededError(
    name,
    sweep,
    `there is no such hold, or not any more; what is held is ${others.join(', ')}`,
  )
}

/** The same, to be decided on. @throws {HoldSupersededError} also if a later pass of its kind has begun */
export function requireHold(state: CommittedState, resource: Named, sweep: PassId): StandingHold {
  const standing = holdOf(state, resource, sweep)
  const { pass } = standing.hold
  const later = state.interrupted(resource.name, pass)
  if (later === undefined) return standing
  const what = pass === 'purge' ? 'sweep' : pass
  throw new HoldSupersededError(
    resource.name,
    sweep,
    `${what} ${later.passId} has begun since, and judges anew`,
  )
}

/** What an operator's decision on a hold is, as a pass: it hands on what its track knows, and stands where the sweep stood. */
export function passOnHold(
  state: CommittedState,
  { hold }: StandingHold,
  own: Pick<PassProgress, 'passId' | 'state' | 'decidesOn'>,
): PassProgress {
  const last = state.lastPass(hold.resource, hold.pass)
  if (last === undefined)
    throw new InvariantViolation(`The hold of ${hold.passId} has no ${hold.pass} in the checkpoints.`)
  const { startedAt, sweepOffsets } = hold
  return {
    ...last,
    // One of records goes on from pass to pass, the last of which says when the next one is due.
    ...(isOfRecords(hold.kind) ? {} : { startedAt, sweepOffsets }),
    token: null,
    walkEnded: true,
    page: 0,
    walked: 0,
    walkedInRange: 0,
    counts: NO_OUTCOMES,
    deletes: { ...NO_DELETES, held: last.deletes.held },
    missed: NOTHING_MISSED,
    reread: { ...NO_REREAD, held: last.reread.held },
    resumed: false,
    ...own,
  }
}
