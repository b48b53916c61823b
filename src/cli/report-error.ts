import { ListingstreamError } from '../support/errors.ts'
import { printable } from '../support/printable.ts'
import { strike } from '../support/secrets.ts'

/** One line for what we foresaw; the stack only for what is a bug. Answers the exit code (design.md §4.2). */
export function reportError(error: unknown, write: (text: string) => void): number {
  if (error instanceof ListingstreamError && error.code !== 'INVARIANT_VIOLATION') {
    write(`listingstream: ${indented(error.message)} [${error.code}]\n`)
    return error.exitCode
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  write(`listingstream: unexpected error, please report it\n  ${indented(text)}\n`)
  return 1
}

/** What others say may stand in an error: its lines cannot be taken for lines of ours, which begin with the name. */
function indented(text: string): string {
  return strike(text).split('\n').map(printable).join('\n  ')
}
