/** The only way to standard output for results: nothing from outside reaches a terminal or a pipe as it came. */
import { asCommanded } from './command-for.ts'
import { printable, printableJson, printableLines } from './printable.ts'

/** One line for a person, with its line break. */
export function printLine(line: string): void {
  process.stdout.write(`${printable(asCommanded(line))}\n`)
}

export function printLines(lines: readonly string[]): void {
  for (const line of lines) printLine(line)
}

/** One line of JSON; a character that a terminal would obey is escaped, which leaves the value the same. */
export function printJson(value: unknown): void {
  printJsonText(JSON.stringify(value))
}

/** As `printJson`, for what is JSON text already: parsed and written anew, its large numbers would be rounded. */
export function printJsonText(json: string): void {
  process.stdout.write(`${printableJson(json)}\n`)
}

/** A text of several lines, each of which is ours. */
export function printText(text: string): void {
  process.stdout.write(printableLines(text))
}
