/** `dead-letters list`: the records that could not be published. */
import { formatInstant } from '../../../domain/instant.ts'
import { loadSettings, type FeedChoice } from '../../../config/load-settings.ts'
import { readDeadLetters, type DeadLetterSummary } from '../../../feed/dead-letter-log.ts'
import { parseJson } from '../../../support/parse-json.ts'
import { printable } from '../../../support/printable.ts'
import { printJson, printJsonText, printLines } from '../../../support/print.ts'
import { openFeedReader } from '../../compose/feed-reader.ts'
import { READER_GROUPS } from '../../compose/settings-groups.ts'
import { alignColumns } from '../../reports/table.ts'

export interface ListOptions extends FeedChoice {
  /** Settled ones too. */
  readonly all?: true
  readonly json?: true
  /** The records themselves. */
  readonly raw?: true
}

/** Prints the last letter of each key, oldest first: as a table, or one a line as JSON or as the record itself. */
export async function listDeadLetters(
  { all, json, raw, feed }: ListOptions,
  signal: AbortSignal,
): Promise<number> {
  await using reader = await openFeedReader(loadSettings(READER_GROUPS, { feed }), signal)
  const letters = (await readDeadLetters(reader, () => undefined, signal)).filter(
    ({ settledAt }) => all === true || settledAt === null,
  )
  if (raw === true) {
    // Bodies are not kept while nobody knows which of them count.
    const wanted = new Map(letters.map((letter) => [letter.offset, letter]))
    const print = ({ offset, json: body }: { offset: number; json: string }): void => {
      const letter = wanted.get(offset)
      if (letter !== undefined) printJsonText(json === true ? withRecord(letter, body) : body)
    }
    await readDeadLetters(reader, print, signal)
  } else if (json === true) {
    for (const letter of letters) printJson(jsonOf(letter))
  } else {
    printLines(tableOf(letters))
  }
  return 0
}

function jsonOf({ topic, name, key, reason, passId, at, bytes, settledAt }: DeadLetterSummary): object {
  return {
    topic,
    key: name,
    hasKey: key !== null,
    reason,
    passId,
    at: formatInstant(at),
    bytes,
    settledAt: settledAt === null ? null : formatInstant(settledAt),
  }
}

/**
 * The record's text is JSON already; parsed, its large integers would be rounded. What is no JSON stands as a string,
 * `recordText`.
 */
export function withRecord(letter: DeadLetterSummary, body: string): string {
  const record = parseJson(body) !== undefined ? `"record":${body}` : `"recordText":${JSON.stringify(body)}`
  return `${JSON.stringify(jsonOf(letter)).slice(0, -1)},${record}}`
}

/** Its numbers stand to the right. */
const BYTES_COLUMN = 2

/** For a person: a line of headings, then one a letter. */
export function tableOf(letters: readonly DeadLetterSummary[]): readonly string[] {
  if (letters.length === 0) return ['no dead letters']
  const rows = [
    ['TOPIC', 'KEY', 'BYTES', 'WHEN', 'PASS', 'STATE', 'REASON'],
    ...letters.map(({ topic, name, bytes, at, passId, settledAt, reason }) => [
      printable(topic),
      printable(name),
      String(bytes),
      formatInstant(at),
      printable(passId),
      settledAt === null ? 'waits' : 'settled',
      printable(reason),
    ]),
  ]
  return alignColumns(rows, [BYTES_COLUMN])
}
