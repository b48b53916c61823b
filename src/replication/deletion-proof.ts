/** The proof that a key is gone, or out of scope (R9 b), as the ledger keeps it from the comparison to the delete. */
import type { DeletionEvidence, DeletionReason } from '../domain/change.ts'
import { instant, type Instant } from '../domain/instant.ts'
import { LedgerDamagedError } from './pass-errors.ts'

export interface Proof {
  readonly reason: Exclude<DeletionReason, 'OPERATOR'>
  readonly evidence: DeletionEvidence
  readonly request: number
  readonly at: Instant
}

/** As the ledger's note. */
export function formatProof({ reason, evidence, request, at }: Proof): string {
  return `${reason} ${evidence} ${request} ${at}`
}

const NOTE = /^(NOT_IN_SOURCE|OUT_OF_SCOPE) (LIST_QUERY|HTTP_404) (\d{1,16}) (-?\d{1,16})$/

/** @throws {LedgerDamagedError} for a note that `formatProof` does not write */
export function parseProof(note: string): Proof {
  const [, reason, evidence, request, at] = NOTE.exec(note) ?? []
  const isReason = reason === 'NOT_IN_SOURCE' || reason === 'OUT_OF_SCOPE'
  if (!isReason || (evidence !== 'LIST_QUERY' && evidence !== 'HTTP_404')) {
    throw new LedgerDamagedError('the proof of a delete cannot be read')
  }
  return { reason, evidence, request: Number(request), at: instant(Number(at)) }
}
