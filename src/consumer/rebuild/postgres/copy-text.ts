import type { Column, ColumnValue, StagedRow } from '../store.ts'

/** Of the text format of COPY (https://www.postgresql.org/docs/current/sql-copy.html). */
const NULL = String.raw`\N`
const ESCAPED = /[\\\n\r\t]/
const ESCAPES: Readonly<Record<string, string>> = {
  '\\': String.raw`\\`,
  '\n': String.raw`\n`,
  '\r': String.raw`\r`,
  '\t': String.raw`\t`,
}
/** Enough that a message to the server is not dear, and not so much that there are two batches in memory. */
const CHUNK_CHARACTERS = 256 * 1024

/**
 * Rows as COPY takes them: the table's columns, then the order, then whether the key is gone. They are asked for chunk by chunk:
 * the server takes one in while the next is made.
 *
 * @param columns as many as the rows have values
 */
export function* copyText(
  rows: Iterable<StagedRow>,
  columns: readonly Column[],
  order: number,
): Generator<Buffer, void, undefined> {
  // What is not text, nor made of it, holds nothing to escape.
  const plain = columns.map(({ type }) => type !== 'text' && type !== 'json')
  const gone = `${`\t${NULL}`.repeat(columns.length - 1)}\t${order}\tt\n`
  const there = `\t${order}\tf\n`
  let text = ''
  for (const { key, values } of rows) {
    text += values === null ? escaped(key) + gone : line(values, plain) + there
    if (text.length < CHUNK_CHARACTERS) continue
    yield Buffer.from(text)
    text = ''
  }
  if (text !== '') yield Buffer.from(text)
}

function line(values: readonly ColumnValue[], plain: readonly boolean[]): string {
  let text = ''
  for (let i = 0; i < values.length; i += 1) {
    if (i > 0) text += '\t'
    const value = values[i] ?? null
    if (value === null) text += NULL
    else if (typeof value === 'number') text += value
    else text += plain[i] === true ? value : escaped(value)
  }
  return text
}

function escaped(text: string): string {
  return ESCAPED.test(text) ? text.replaceAll(/[\\\n\r\t]/g, (character) => ESCAPES[character] ?? '') : text
}
