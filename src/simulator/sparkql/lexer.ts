import { ARITHMETIC, COMPARING } from './tree.ts'
import type { ArithmeticOperator, LiteralType, ComparingOperator } from './tree.ts'

/** `text`: as it stands in the filter; of `unknown` the beginning of what is no token. */
export type Token =
  | { readonly kind: 'unknown'; readonly text: string }
  | { readonly kind: 'punctuation'; readonly text: '(' | ')' | ',' | '-' }
  | { readonly kind: 'literal'; readonly type: LiteralType; readonly text: string }
  | { readonly kind: 'field'; readonly text: string }
  /** A word that begins small and is not reserved: the name of a function. */
  | { readonly kind: 'name'; readonly text: string }
  | { readonly kind: 'operator'; readonly text: string; readonly operator: ComparingOperator }
  | { readonly kind: 'range-operator'; readonly text: string }
  | { readonly kind: 'conjunction'; readonly text: string; readonly conjunction: 'And' | 'Or' | 'Not' }
  | { readonly kind: 'arithmetic'; readonly text: string; readonly operator: ArithmeticOperator }

/**
 * The first that fits wins, as in the vendor's lexer: nothing need stand between two tokens, a field cannot begin with
 * `NULL`, and `TRUE` is a field. Line ends are no blanks.
 */
const PATTERNS = [
  ['blank', /[\t ]+/y],
  ['punctuation', /[(),]/y],
  ['null', /NULL|null|Null/y],
  ['capitalized', /[A-Z][A-Za-z0-9]*/y],
  ['datetime', /\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,50})?)?(?:[+-]\d\d:?\d\d|Z)?/y],
  ['date', /\d{4}-\d\d-\d\d/y],
  ['time', /\d\d:\d\d(?::\d\d(?:\.\d{1,50})?)?/y],
  ['decimal', /-?\d+\.\d+(?:[Ee]-?\d{1,2})?/y],
  ['integer', /-?\d+/y],
  ['punctuation', /-/y],
  ['character', /'(?:[^'\\]|\\.)*'/y],
  ['boolean', /true|false/y],
  ['word', /[A-Za-z]+/y],
  ['custom-field', /"[^$."][^."]+"\."[^$."][^."]*"/y],
] as const

const SHOWN_CHARACTERS = 30

type PatternName = (typeof PATTERNS)[number][0]

/** The tokens up to the first that is unknown. */
export function tokens(filter: string): Token[] {
  const result: Token[] = []
  let position = 0
  while (position < filter.length) {
    const match = matchAt(filter, position)
    if (match === undefined) {
      return [...result, { kind: 'unknown', text: filter.slice(position, position + SHOWN_CHARACTERS) }]
    }
    position += match.text.length
    const token = tokenOf(match.name, match.text)
    if (token !== undefined) result.push(token)
  }
  return result
}

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
    case 'punctuation':
      return punctuation(text)
    case 'capitalized':
      return reserved(text) ?? { kind: 'field', text }
    case 'word':
      return reserved(text) ?? { kind: 'name', text }
    case 'custom-field':
      return { kind: 'field', text }
    case 'null':
    case 'datetime':
    case 'date':
    case 'time':
    case 'decimal':
    case 'integer':
    case 'character':
    case 'boolean':
      return { kind: 'literal', type: name, text }
  }
}

function punctuation(text: string): Token | undefined {
  const known = (['(', ')', ',', '-'] as const).find((sign) => sign === text)
  return known && { kind: 'punctuation', text: known }
}

/** In any case: `AND`, `eQ`. */
function reserved(text: string): Token | undefined {
  const word = text.slice(0, 1).toUpperCase() + text.slice(1).toLowerCase()
  if (word === 'And' || word === 'Or' || word === 'Not')
    return { kind: 'conjunction', text, conjunction: word }
  if (word === 'Bt') return { kind: 'range-operator', text }
  const comparing = COMPARING.find((operator) => operator === word)
  if (comparing !== undefined) return { kind: 'operator', text, operator: comparing }
  const arithmetic = ARITHMETIC.find((operator) => operator === word)
  return arithmetic && { kind: 'arithmetic', text, operator: arithmetic }
}
