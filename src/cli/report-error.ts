import { ListingstreamError } from '../support/errors.ts'

/** One line for what we foresaw; the stack only for what is a bug. Answers the exit code (design.md §4.2). */
export function reportError(error: unknown, write: (text: string) => void): number {
  if (error instanceof ListingstreamError && error.code !== 'INVARIANT_VIOLATION') {
    write(`listingstream: ${error.message} [${error.code}]\n`)
    return error.exitCode
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  write(`listingstream: unexpected error, please report it\n${text}\n`)
  return 1
}
