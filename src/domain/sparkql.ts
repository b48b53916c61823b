/**
 * SparkQL as far as filters have to be understood here (docs/spark-api.md §2.7): which fields one names, whether quotes and
 * parentheses are balanced, and how several are joined. What it means, the source decides.
 */

export interface FilterShape {
  /** Each once, in the order in which they appear; of the MLS's own `"Group"."Field"`. */
  readonly fields: readonly string[]
  /** `Or` stands outside of all parentheses: it would tear apart what is joined to the filter by `And`. */
  readonly hasAlternatives: boolean
  /** Levels of parentheses that group expressions; those of functions do not count. */
  readonly depth: number
}

export interface FilterMistake {
  /** Where: the number of a character, from 1. */
  readonly at: number
  /** A whole sentence that quotes nothing of the filter. */
  readonly problem: string
}

type Token =
  | { readonly kind: 'field' | 'function' | 'or' | 'open' | 'close' | 'other'; readonly text: string }
  | { readonly kind: 'wrong'; readonly problem: string }

// As the vendor's lexer reads: nothing need stand between two tokens, and line ends are no blanks.
const BLANK = /[\t ]+/y
const TEXT = /'(?:[^'\\]|\\.)*'/sy
const CUSTOM_FIELD = /"[^"]+"\."[^"]+"/y
const WORD = /[A-Za-z_][A-Za-z0-9_]*/y
/** No field begins so. */
const NULL = /NULL|Null|null/y
/** Numbers, dates and times; what of them is right, the source knows. */
const NUMBER = /[+-]?\d[\dTZEe.:+-]*/y

const KEYWORDS: ReadonlySet<string> = new Set(
  'and or not eq ne gt ge lt le bt add sub mul div mod true false'.split(' '),
)

/** What `filter` names and how it is built, or the first mistake in it. */
export function readFilter(filter: string): FilterShape | FilterMistake {
  const fields = new Set<string>()
  /** Of each parenthesis that is open: where, and whether it groups expressions. */
  const open: { readonly at: number; readonly groups: boolean }[] = []
  let hasAlternatives = false
  let depth = 0
  let afterFunction = false
  for (const { token, at } of tokens(filter)) {
    if (token.kind === 'wrong') return { at, problem: token.problem }
    if (token.kind === 'field') fields.add(token.text)
    if (token.kind === 'or' && open.length === 0) hasAlternatives = true
    if (token.kind === 'open') open.push({ at, groups: !afterFunction })
    if (token.kind === 'close' && open.pop() === undefined) {
      return { at, problem: 'A parenthesis is closed here that was not opened.' }
    }
    depth = Math.max(depth, open.filter(({ groups }) => groups).length)
    afterFunction = token.kind === 'function'
  }
  const unclosed = open.pop()
  if (unclosed !== undefined) return { at: unclosed.at, problem: 'The parenthesis here is not closed.' }
  if (fields.size === 0) return { at: 1, problem: 'It names no field.' }
  return { fields: [...fields], hasAlternatives, depth }
}

/**
 * A filter that shows what each of these shows; an empty one shows everything. They keep their order, and parentheses
 * stand only where they have to: how deep they may be is limited.
 */
export function allOf(...filters: readonly string[]): string {
  const narrowing = filters.filter((filter) => filter !== '')
  if (narrowing.length < 2) return narrowing[0] ?? ''
  return narrowing.map((filter) => (tornByAnd(filter) ? `(${filter})` : filter)).join(' And ')
}

/** `And` binds tighter than `Or`. */
function tornByAnd(filter: string): boolean {
  const shape = readFilter(filter)
  return 'hasAlternatives' in shape && shape.hasAlternatives
}

function* tokens(filter: string): Generator<{ readonly token: Token; readonly at: number }, void> {
  for (let position = 0; position < filter.length;) {
    const blank = match(BLANK, filter, position)
    if (blank !== undefined) {
      position += blank.length
      continue
    }
    const token = tokenAt(filter, position)
    yield { token, at: position + 1 }
    if (token.kind === 'wrong') return
    position += token.text.length
  }
}

function tokenAt(filter: string, position: number): Token {
  const start = filter.charAt(position)
  if (start === "'") {
    const text = match(TEXT, filter, position)
    return text === undefined ? wrong('The text that begins here has no end.') : { kind: 'other', text }
  }
  if (start === '"') {
    const text = match(CUSTOM_FIELD, filter, position)
    return text === undefined
      ? wrong('What begins here is no field of the form "Group"."Field".')
      : { kind: 'field', text }
  }
  if (start === '(') return { kind: 'open', text: start }
  if (start === ')') return { kind: 'close', text: start }
  if (start === ',') return { kind: 'other', text: start }
  const none = match(NULL, filter, position)
  if (none !== undefined) return { kind: 'other', text: none }
  const word = match(WORD, filter, position)
  if (word !== undefined) return wordToken(word, filter.slice(position + word.length))
  const number = match(NUMBER, filter, position)
  return number === undefined ? wrong('SparkQL has no such character here.') : { kind: 'other', text: number }
}

function wordToken(text: string, rest: string): Token {
  const word = text.toLowerCase()
  if (word === 'or') return { kind: 'or', text }
  if (KEYWORDS.has(word)) return { kind: 'other', text }
  return { kind: rest.trimStart().startsWith('(') ? 'function' : 'field', text }
}

function wrong(problem: string): Token {
  return { kind: 'wrong', problem }
}

/** @param pattern with the flag `y` */
function match(pattern: RegExp, text: string, position: number): string | undefined {
  pattern.lastIndex = position
  return pattern.exec(text)?.[0]
}
