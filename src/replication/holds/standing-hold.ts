import type { StandingHold } from '../../domain/hold.ts'
import { NO_DELETES, NO_OUTCOMES, type PassId, type PassProgress, NOTHING_MISSED } from '../../domain/pass.ts'
import type { ResourceDescription } from '../../domain/resource.ts'
import { InvariantViolation } from '../../support/errors.ts'
import type { CommittedState } from '../committed-state.ts'
import { HoldSupersededError, NoHoldError } from '../pass-errors.ts'

/**
 * The deletes that the guard holds by that sweep.
 *
 * @throws {NoHoldError} if it holds none of the resource
 * @throws {HoldSupersededError} if those are another sweep's, or a later one has begun
 */
export function requireHold(
  state: CommittedState,
  { name }: ResourceDescription,
  sweep: PassId,
): StandingHold {
  const standing = state.holds.standing(name, 'deletes')
  if (standing === undefined) {
    throw new NoHoldError(name, sweep, state.lastPass(name, 'purge')?.deletes.held ?? 0)
  }
  const { passId } = standing.hold
  if (passId !== sweep)
    throw new HoldSupersededError(name, sweep, `those that are held are of sweep ${passId}`)
  const later = state.interrupted(name, 'purge')
  if (later !== undefined) {
    throw new HoldSupersededError(name, sweep, `sweep ${later.passId} has begun since, and judges anew`)
  }
  return standing
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
