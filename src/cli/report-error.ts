import { z } from 'zod'

import { errorCode } from '../support/error-code.ts'
import { firstFailure, isUnforeseen, ListingstreamError } from '../support/errors.ts'
import { printable } from '../support/printable.ts'
import { strike } from '../support/secrets.ts'

/**
 * One line for what is outside of the program; the stack only for what is a bug. Answers the exit code
 * (docs/operations.md, "Exit codes").
 */
export function reportError(failure: unknown, write: (text: string) => void): number {
  const error = firstFailure(failure)
  if (error instanceof ListingstreamError && !isUnforeseen(error)) {
    write(`listingstream: ${indented(error.message)} [${error.code}]\n`)
    return error.exitCode
  }
  if (error instanceof Error && isOutside(error)) {
    write(`listingstream: ${indented(error.message)} [UNEXPECTED_ERROR]\n`)
    return 1
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  write(`listingstream: unexpected error, please report it\n  ${indented(text)}\n`)
  return 1
}

/** Raised for the system, a peer or a file: by Node (`EACCES`, `ENOSPC` …), by a client, or by the check of a form. */
function isOutside(error: Error): boolean {
  if (/^(E[A-Z0-9]+|UND_ERR_.+)$/.test(errorCode(error) ?? '')) return true
  return error instanceof z.core.$ZodError || error.name.startsWith('KafkaJS')
}

/** What others say may stand in an error: its lines cannot be taken for lines of ours, which begin with the name. */
function indented(text: string): string {
  const [first = '', ...others] = strike(text).split('\n').map(printable)
  return [first, ...others.map((line) => (line.startsWith('  ') ? line : `  ${line}`))].join('\n')
}
