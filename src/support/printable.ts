/**
 * Text from outside (an API, a registry, a topic, a file) as it may be printed. A terminal obeys control characters: they
 * write its clipboard, forge lines, hide what stands there or turn its order round.
 */

/**
 * C0, DEL, C1; format characters (bidi controls, zero width, tags), but for the two joiners that scripts and emoji need;
 * line and paragraph separators; lone surrogates.
 */
const UNSEEN = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]|(?![\u200C\u200D])\p{Cf}/gu
const SHORT: ReadonlyMap<string, string> = new Map([
  ['\n', String.raw`\n`],
  ['\r', String.raw`\r`],
  ['\t', String.raw`\t`],
])

/** One line: what would not be seen, or would act, stands as a JSON escape, e.g. `\u001b`, `\n`. */
export function printable(text: string): string {
  return text.replaceAll(UNSEEN, (found) => SHORT.get(found) ?? escaped(found))
}

/** Several lines: as `printable`, but lines end where the text says. Only for text whose lines we made ourselves. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n')
}

/** JSON text in one line, without a character that acts; as a value it is the same, with all its digits. */
export function printableJson(json: string): string {
  // Within a string of JSON these three are escaped already.
  return printable(json.replaceAll(/[\n\r\t]/g, ' '))
}

/** Whether `printable` would change it. */
export function isPrintable(text: string): boolean {
  return text.search(UNSEEN) === -1
}

function escaped(text: string): string {
  return Array.from({ length: text.length }, (_, i) => unitEscape(text.charCodeAt(i))).join('')
}

function unitEscape(unit: number): string {
  return String.raw`\u${unit.toString(16).padStart(4, '0')}`
}
