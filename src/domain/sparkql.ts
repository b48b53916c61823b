/**
 * SparkQL as far as filters have to be understood here (docs/spark-api.md §2.7): which fields one names, whether quotes and
 * parentheses are balanced, whether an expression lacks a part, and how several are joined. What it means, the source
 * decides.
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

type TokenKind =
  | 'field'
  | 'function'
  | 'value'
  | 'comparing'
  | 'arithmetic'
  | 'and'
  | 'or'
  | 'not'
  | 'open'
  | 'close'
  | 'comma'
  | 'sign'
type Token =
  | { readonly kind: TokenKind; readonly text: string }
  | { readonly kind: 'wrong'; readonly problem: string }

interface Placed {
  readonly kind: TokenKind
  readonly at: number
}

// As the vendor's lexer reads: nothing need stand between two tokens, and line ends are no blanks.
const BLANK = /[\t ]+/y
const TEXT = /'(?:[^'\\]|\\.)*'/sy
const CUSTOM_FIELD = /"[^"]+"\."[^"]+"/y
/** What begins small, a function or an operator, is of letters alone: `eq3` is two tokens. */
const WORD = /[A-Z_][A-Za-z0-9_]*|[a-z][A-Za-z]*/y
/** No field begins so. */
const NULL = /NULL|Null|null/y
/** Numbers, dates and times; what of them is right, the source knows. */
const NUMBER = /[+-]?\d(?:[\d.:Z]|[+-]\d|T\d|[Ee][+-]?\d)*/y
const SIGNS: Readonly<Record<string, TokenKind>> = { '(': 'open', ')': 'close', ',': 'comma', '-': 'sign' }

/** In any case. */
const KEYWORDS: ReadonlyMap<string, TokenKind> = new Map([
  ['and', 'and'],
  ['or', 'or'],
  ['not', 'not'],
  ...['eq', 'ne', 'gt', 'ge', 'lt', 'le', 'bt'].map((word) => [word, 'comparing'] as const),
  ...['add', 'sub', 'mul', 'div', 'mod'].map((word) => [word, 'arithmetic'] as const),
])

/** With one of these an expression begins, or goes on behind what cannot stand at its end. */
const BEGINNINGS: ReadonlySet<TokenKind> = new Set(['field', 'function', 'value', 'open', 'sign', 'not'])
const NO_ENDS: ReadonlySet<TokenKind> = new Set([
  'comparing',
  'arithmetic',
  'and',
  'or',
  'not',
  'open',
  'comma',
  'sign',
])

/** What `filter` names and how it is built, or the first mistake in it. */
export function readFilter(filter: string): FilterShape | FilterMistake {
  const fields = new Set<string>()
  /** Of each parenthesis that is open: where, and whether it groups expressions. */
  const open: { readonly at: number; readonly groups: boolean }[] = []
  let hasAlternatives = false
  let depth = 0
  let afterFunction = false
  const placed: Placed[] = []
  for (const { token, at } of tokens(filter)) {
    if (token.kind === 'wrong') return { at, problem: token.problem }
    placed.push({ kind: token.kind, at })
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
  return missingPart(placed) ?? missingOperator(placed) ?? { fields: [...fields], hasAlternatives, depth }
}

function missingPart(placed: readonly Placed[]): FilterMistake | undefined {
  let before: Placed | undefined
  let afterFunction = false
  for (const next of [...placed, undefined]) {
    const goesOn = before === undefined || NO_ENDS.has(before.kind)
    const hasNoArguments = afterFunction && next?.kind === 'close'
    if (goesOn && !hasNoArguments && (next === undefined || !BEGINNINGS.has(next.kind))) {
      return before === undefined
        ? { at: next?.at ?? 1, problem: 'A field is missing before what stands here.' }
        : { at: before.at, problem: 'A field or a value is missing behind what stands here.' }
    }
    afterFunction = before?.kind === 'function'
    before = next
  }
  return undefined
}

/** What stands at one level of parentheses since its begin or its last conjunction. */
interface Stretch {
  /** Its first character. */
  at: number | undefined
  compares: boolean
  /** Whether it has to compare: a parenthesis alone may hold a value. */
  isExpression: boolean
}

function missingOperator(placed: readonly Placed[]): FilterMistake | undefined {
  const around: Stretch[] = []
  let stretch: Stretch = { at: undefined, compares: false, isExpression: true }
  for (const { kind, at } of placed) {
    const isConjunction = kind === 'and' || kind === 'or' || (kind === 'not' && stretch.at !== undefined)
    stretch.isExpression ||= isConjunction
    if ((isConjunction || kind === 'close') && lacksOperator(stretch)) break
    if (isConjunction) {
      stretch = { at: undefined, compares: false, isExpression: true }
      continue
    }
    if (kind !== 'not') stretch.at ??= at
    if (kind === 'comparing') stretch.compares = true
    if (kind === 'open') {
      around.push(stretch)
      stretch = { at: undefined, compares: false, isExpression: false }
    } else if (kind === 'close') {
      const { compares } = stretch
      stretch = around.pop() ?? stretch
      stretch.compares ||= compares
    }
  }
  if (!lacksOperator(stretch)) return undefined
  return { at: stretch.at ?? 1, problem: 'The expression that begins here has no operator, such as Eq.' }
}

function lacksOperator({ compares, isExpression }: Stretch): boolean {
  return isExpression && !compares
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
    return text === undefined ? wrong('The text that begins here has no end.') : { kind: 'value', text }
  }
  if (start === '"') {
    const text = match(CUSTOM_FIELD, filter, position)
    return text === undefined
      ? wrong('What begins here is no field of the form "Group"."Field".')
      : { kind: 'field', text }
  }
  const none = match(NULL, filter, position)
  if (none !== undefined) return { kind: 'value', text: none }
  const word = match(WORD, filter, position)
  if (word !== undefined) return wordToken(word, filter.slice(position + word.length))
  const number = match(NUMBER, filter, position)
  if (number !== undefined) return { kind: 'value', text: number }
  const kind = SIGNS[start]
  return kind === undefined ? wrong('SparkQL has no such character here.') : { kind, text: start }
}

function wordToken(text: string, rest: string): Token {
  const keyword = KEYWORDS.get(text.toLowerCase())
  if (keyword !== undefined) return { kind: keyword, text }
  if (text === 'true' || text === 'false') return { kind: 'value', text }
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
