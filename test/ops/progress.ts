import { instant } from '../../src/domain/instant.ts'
import {
  NO_DELETES,
  NO_REREAD,
  NO_OUTCOMES,
  passId,
  type OutcomeCounts,
  type PassProgress,
} from '../../src/domain/pass.ts'
import { LISTINGS } from '../../src/resources/listings.ts'
import type { Change } from '../../src/domain/change.ts'
import type { CommittedPart } from '../../src/replication/ports.ts'

/** A pass that has just begun, with what a test changes of it. */
export function progressOf(changes: Partial<PassProgress> = {}): PassProgress {
  return {
    resource: LISTINGS.name,
    pass: 'update',
    passId: passId('pass-1'),
    state: 'running',
    initial: false,
    startedAt: instant(Date.UTC(2026, 4, 2)),
    filter: '',
    token: '',
    walkEnded: false,
    page: 0,
    walked: 0,
    walkedInRange: 0,
    counts: NO_OUTCOMES,
    deletes: NO_DELETES,
    reread: NO_REREAD,
    sweepOffsets: [],
    window: null,
    owedSeconds: [],
    scope: '',
    rescoped: false,
    compare: null,
    reconciledAt: null,
    missed: {},
    overlap: null,
    resumed: false,
    decidesOn: null,
    sweepDoubt: null,
    ...changes,
  }
}

/** A page of listings. */
export function pageOf(
  changes: readonly Change[],
  counts: OutcomeCounts = NO_OUTCOMES,
): readonly CommittedPart[] {
  return [{ resource: LISTINGS, changes, counts }]
}
