import type { HoldChanges } from '../../domain/hold.ts'
import type { ResourceDescription } from '../../domain/resource.ts'
import type { CommittedState } from '../committed-state.ts'

/** The deletes of the resource that are held are held no longer; what a killed sweep has left goes too. */
export function endOfHolds({ holds }: CommittedState, { name }: ResourceDescription): HoldChanges {
  return { written: [], ended: holds.ending(name, 'deletes') }
}
