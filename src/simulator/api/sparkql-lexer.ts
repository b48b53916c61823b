import type { SparkqlProblem } from './envelope.ts'

export type LiteralType = 'string' | 'number' | 'boolean' | 'null' | 'date' | 'datetime'

export interface Literal {
  readonly type: LiteralType
  /** Strings unescaped, datetimes in milliseconds since 1970, dates as `YYYY-MM-DD`. */
  readonly value: string | number | boolean | null
  readonly text: string
}

export type Token =
  | { readonly kind: 'word'; readonly text: string }
  | { readonly kind: 'custom-field'; readonly text: string }
  | { readonly kind: 'punctuation'; readonly text: string }
  | ({ readonly kind: 'literal' } & Literal)

/** 1040: the filter is not valid. 1041: it is valid and over a limit (docs/spark-api.md §3.3). */
export class SparkqlError extends Error {
  readonly code: 1040 | 1041
  readonly problem: SparkqlProblem

  constructor(code: 1040 | 1041, token: string, message: string) {
    super(message)
    this.name = 'SparkqlError'
    this.code = code
    this.problem = { token, status: 'Fatal', message }
  }
}

/** What a datetime without a zone means: the local time of the source, as `/v1/system` tells it (docs/spark-api.md §2.7). */
export const SOURCE_ZONE = '-06:00'

const PATTERNS = [
  ['blank', /\s+/y],
  ['string', /'(?:[^'\\]|\\.)*'/y],
  ['custom-field', /"(?:[^"\\]|\\.)+"\."(?:[^"\\]|\\.)+"/y],
  ['datetime', /\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?(?![\w:.+-])/y],
  ['date', /\d{4}-\d{2}-\d{2}(?![\w:.+-])/y],
  ['number', /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w:.-])/y],
  ['word', /[A-Za-z][A-Za-z0-9]*/y],
  ['punctuation', /[(),]/y],
] as const

/** @throws {SparkqlError} 1040 at the first character that begins no token. */
export function tokens(filter: string): Token[] {
  const result: Token[] = []
  let position = 0
  while (position < filter.length) {
    const match = matchAt(filter, position)
    if (match === undefined) {
      throw new SparkqlError(1040, filter.slice(position, position + 30), 'Unexpected text in the filter')
    }
    position += match.text.length
    const token = tokenOf(match.name, match.text)
    if (token !== undefined) result.push(token)
  }
  return result
}

type PatternName = (typeof PATTERNS)[number][0]

function matchAt(filter: string, position: number): { name: PatternName; text: string } | undefined {
  for (const [name, pattern] of PATTERNS) {
    pattern.lastIndex = position
    const text = pattern.exec(filter)?.[0]
    if (text !== undefined) return { name, text }
  }
  return undefined
}

function tokenOf(name: PatternName, text: string): Token | undefined {
  switch (name) {
    case 'blank':
      return undefined
    case 'string':
      // A backslash makes the next character plain, also a quote (docs/spark-api.md §2.7).
      return literal('string', text.slice(1, -1).replaceAll(/\\(.)/g, '$1'), text)
    case 'datetime':
      return literal('datetime', milliseconds(text), text)
    case 'date':
      milliseconds(`${text}T00:00:00Z`)
      return literal('date', text, text)
    case 'number':
      return literal('number', Number(text), text)
    case 'word':
      return wordToken(text)
    case 'custom-field':
      return { kind: name, text: text.replaceAll(/\\(.)/g, '$1') }
    case 'punctuation':
      return { kind: name, text }
  }
}

function wordToken(text: string): Token {
  switch (text.toLowerCase()) {
    case 'true':
      return literal('boolean', true, text)
    case 'false':
      return literal('boolean', false, text)
    case 'null':
      return literal('null', null, text)
    default:
      return { kind: 'word', text }
  }
}

function literal(type: LiteralType, value: Literal['value'], text: string): Token {
  return { kind: 'literal', type, value, text }
}

function milliseconds(text: string): number {
  const zoned = /(Z|[+-]\d{2}:?\d{2})$/.test(text.slice(10)) ? text : text + SOURCE_ZONE
  const ms = Date.parse(zoned.replace(/([+-]\d{2})(\d{2})$/, '$1:$2'))
  const day = Number(text.slice(8, 10))
  const daysInMonth = new Date(Date.UTC(Number(text.slice(0, 4)), Number(text.slice(5, 7)), 0)).getUTCDate()
  if (Number.isNaN(ms) || day > daysInMonth) throw new SparkqlError(1040, text, 'No such date or time')
  return ms
}
