import type { Hold, HoldChanges, StandingHold } from '../../domain/hold.ts'
import type { PassKind } from '../../domain/pass.ts'
import type { ResourceDescription } from '../../domain/resource.ts'
import type { CommittedState } from '../committed-state.ts'

type State = Pick<CommittedState, 'holds'>
type Named = Pick<ResourceDescription, 'name'>

/** The deletes of the resource that are held are held no longer; what a killed sweep has left goes too. */
export function endOfHolds({ holds }: State, { name }: Named): HoldChanges {
  return { written: [], ended: holds.ending(name, 'deletes') }
}

/** The same of records that passes of this kind have held (R10). What was rejected stays, see `endOfRejected`. */
export function endOfRecordHolds(
  { holds }: State,
  { name }: Named,
  pass: PassKind,
  kept: readonly Pick<StandingHold, 'hold' | 'chunks'>[] = [],
): HoldChanges {
  return { written: [], ended: holds.endingRecords(name, pass, [...kept, ...holds.rejected(name)]) }
}

/** What was rejected and is judged anew guards nothing any more. */
export function endOfRejected(
  { holds }: State,
  { name }: Named,
  isJudged: (hold: Hold) => boolean,
): HoldChanges {
  const judged = holds.rejected(name).filter(({ hold }) => isJudged(hold))
  const ended = judged.flatMap(({ hold: { resource, passId }, chunks }) =>
    Array.from({ length: chunks }, (_, chunk) => ({ resource, passId, chunk })),
  )
  return { written: [], ended }
}

/** What all of them do, in one transaction. */
export function allOf(...changes: readonly HoldChanges[]): HoldChanges {
  return {
    written: changes.flatMap(({ written }) => written),
    ended: changes.flatMap(({ ended }) => ended),
  }
}
