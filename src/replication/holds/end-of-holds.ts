import type { HoldChanges } from '../../domain/hold.ts'
import type { PassKind } from '../../domain/pass.ts'
import type { ResourceDescription } from '../../domain/resource.ts'
import type { CommittedState } from '../committed-state.ts'

/** The deletes of the resource that are held are held no longer; what a killed sweep has left goes too. */
export function endOfHolds({ holds }: CommittedState, { name }: ResourceDescription): HoldChanges {
  return { written: [], ended: holds.ending(name, 'deletes') }
}

/** The same of records that passes of this kind, or of any, have held (R10). */
export function endOfRecordHolds(
  { holds }: CommittedState,
  { name }: ResourceDescription,
  pass?: PassKind,
): HoldChanges {
  return { written: [], ended: holds.endingRecords(name, pass) }
}

/** What both do, in one transaction. */
export function bothOf(one: HoldChanges, other: HoldChanges): HoldChanges {
  return { written: [...one.written, ...other.written], ended: [...one.ended, ...other.ended] }
}
