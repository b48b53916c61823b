import { printable } from '../../../support/printable.ts'

/** To stderr: what a script may want to read goes to stdout. */
export function tellProgress(line: string): void {
  process.stderr.write(`${printable(line)}\n`)
}
