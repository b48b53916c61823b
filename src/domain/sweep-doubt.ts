/** Why a sweep is not believed, so that nothing is concluded from it (R7 to R9). */
import { ListingstreamError, type ListingstreamErrorOptions } from '../support/errors.ts'

/**
 * About what was walked, or about who asks: the sweep is over, and the next one begins anew. Codes of the topics: added behind
 * the others, never renamed.
 */
const ENDING = [
  // Who asks, and what he may see.
  'identity_changed',
  'unauthorized',
  'session_expired',
  'key_disabled',
  'key_restricted',
  'user_changed',
  'account_inactive',
  'wrong_endpoint',
  'forbidden',
  'not_permitted',
  'witness_lost',
  // What was asked.
  'filter_refused',
  'sparkql_errors',
  'parameter_refused',
  'method_refused',
  'not_found',
  'refused',
  'token_refused',
  // What was shown.
  'empty_pages',
  'repeated_pages',
  'token_circle',
  'repeated_token',
  'empty_walk',
  'short_count',
  'shrunken_count',
  'end_not_repeated',
  'clock',
] as const

/** The source gave no answer that can be read: the sweep stands at its token, and goes on there. */
const PASSING = [
  'no_connection',
  'timeout',
  'cut_answer',
  'not_json',
  'wrong_form',
  'no_results',
  'no_total',
  'no_identity',
  'unreadable_rows',
  'too_large',
  'failed_without_code',
  'unavailable',
  'rate_limited',
  'not_in_sync',
  'too_slow',
  'filter_too_slow',
  'data_failed',
] as const

export const SWEEP_DOUBTS = [...ENDING, ...PASSING] as const
export type SweepDoubt = (typeof SWEEP_DOUBTS)[number]

const ENDS: ReadonlySet<SweepDoubt> = new Set(ENDING)

/** Whether the sweep that met it is over; otherwise it goes on where it stands. */
export function endsSweep(doubt: SweepDoubt): boolean {
  return ENDS.has(doubt)
}

/** `clear` and `approved`: what is gone is deleted; `inconclusive`: it is not believed. */
export type SweepVerdict = 'clear' | 'approved' | 'held' | 'inconclusive'

/** What the source did, or showed, that keeps a pass from its end. */
export class SourceError extends ListingstreamError {
  readonly doubt: SweepDoubt

  constructor(
    message: string,
    { doubt, ...options }: ListingstreamErrorOptions & { readonly doubt: SweepDoubt },
  ) {
    super(message, options)
    this.doubt = doubt
  }
}

/** Undefined for what is not the source's: it says nothing of the sweep. */
export function sweepDoubtOf(error: unknown): SweepDoubt | undefined {
  return error instanceof SourceError ? error.doubt : undefined
}
