/** The proof that a key is gone (R9 b), as the ledger keeps it from the comparison to the delete. */
import type { DeletionEvidence } from '../domain/change.ts'
import { instant, type Instant } from '../domain/instant.ts'
import { LedgerDamagedError } from './pass-errors.ts'

export interface Proof {
  readonly evidence: DeletionEvidence
  readonly request: number
  readonly at: Instant
}

/** As the ledger's note. */
export function formatProof({ evidence, request, at }: Proof): string {
  return `${evidence} ${request} ${at}`
}

/** @throws {LedgerDamagedError} for a note that `formatProof` does not write */
export function parseProof(note: string): Proof {
  const [, evidence, request, at] = /^(LIST_QUERY|HTTP_404) (\d{1,16}) (-?\d{1,16})$/.exec(note) ?? []
  if (evidence !== 'LIST_QUERY' && evidence !== 'HTTP_404') {
    throw new LedgerDamagedError('the proof of a delete cannot be read')
  }
  return { evidence, request: Number(request), at: instant(Number(at)) }
}
