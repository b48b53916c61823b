import { NO_OUTCOMES, type OutcomeCounts } from '../../src/domain/pass.ts'
import { LISTINGS } from '../../src/resources/listings.ts'
import type { Change } from '../../src/domain/change.ts'
import type { CommittedPart } from '../../src/replication/ports.ts'

/** A page of listings. */
export function pageOf(
  changes: readonly Change[],
  counts: OutcomeCounts = NO_OUTCOMES,
): readonly CommittedPart[] {
  return [{ resource: LISTINGS, changes, counts }]
}
