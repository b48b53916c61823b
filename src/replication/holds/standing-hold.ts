import type { StandingHold } from '../../domain/hold.ts'
import { NO_DELETES, NO_OUTCOMES, type PassId, type PassProgress, NOTHING_MISSED } from '../../domain/pass.ts'
import type { ResourceDescription } from '../../domain/resource.ts'
import { InvariantViolation } from '../../support/errors.ts'
import type { CommittedState } from '../committed-state.ts'
import { HoldSupersededError, NoHoldError } from '../pass-errors.ts'

/**
 * The deletes of the resource that the guard holds. A version that knows no records of holds ends none: where a sweep came to a
 * verdict since, they are held no longer, whatever the topic has.
 */
export function standingHold(state: CommittedState, { name }: Named): StandingHold | undefined {
  const standing = state.holds.standing(name, 'deletes')
  const last = state.lastPass(name, 'purge')
  if (standing === undefined || last === undefined) return undefined
  const { passId } = standing.hold
  const isOver = last.state === 'completed' || last.state === 'held'
  return isOver && last.passId !== passId && last.decidesOn !== passId ? undefined : standing
}

type Named = Pick<ResourceDescription, 'name'>

/**
 * The same, if it is that sweep's.
 *
 * @throws {NoHoldError} if nothing of the resource is held
 * @throws {HoldSupersededError} if another sweep's deletes are
 */
export function holdOf(state: CommittedState, resource: Named, sweep: PassId): StandingHold {
  const { name } = resource
  const standing = standingHold(state, resource)
  if (standing === undefined) {
    throw new NoHoldError(name, sweep, state.lastPass(name, 'purge')?.deletes.held ?? 0)
  }
  const { passId } = standing.hold
  if (passId === sweep) return standing
  throw new HoldSupersededError(name, sweep, `those that are held are of sweep ${passId}`)
}

/** The same, to be decided on. @throws {HoldSupersededError} also if a later sweep has begun */
export function requireHold(state: CommittedState, resource: Named, sweep: PassId): StandingHold {
  const standing = holdOf(state, resource, sweep)
  const later = state.interrupted(resource.name, 'purge')
  if (later === undefined) return standing
  throw new HoldSupersededError(
    resource.name,
    sweep,
    `sweep ${later.passId} has begun since, and judges anew`,
  )
}

/** What an operator's decision on a hold is, as a pass: it hands on what its track knows, and stands where the sweep stood. */
export function passOnHold(
  state: CommittedState,
  { hold }: StandingHold,
  own: Pick<PassProgress, 'passId' | 'state' | 'decidesOn'>,
): PassProgress {
  const last = state.lastPass(hold.resource, 'purge')
  if (last === undefined)
    throw new InvariantViolation(`The hold of ${hold.passId} has no purge in the checkpoints.`)
  const { startedAt, sweepOffsets } = hold
  return {
    ...last,
    startedAt,
    sweepOffsets,
    token: null,
    walkEnded: true,
    page: 0,
    walked: 0,
    walkedInRange: 0,
    counts: NO_OUTCOMES,
    deletes: { ...NO_DELETES, held: last.deletes.held },
    missed: NOTHING_MISSED,
    resumed: false,
    ...own,
  }
}
