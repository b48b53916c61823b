import { SparkqlError, tokens } from './sparkql-lexer.ts'
import type { Literal, Token } from './sparkql-lexer.ts'

const OPERATORS = ['Eq', 'Ne', 'Gt', 'Ge', 'Lt', 'Le', 'Bt'] as const
export type Operator = (typeof OPERATORS)[number]

export type Expression =
  | { readonly kind: 'and' | 'or'; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'not'; readonly operand: Expression }
  | Comparison

export interface Comparison {
  readonly kind: 'comparison'
  /** A standard field's name, or `"Group"."Field"` with the quotes. */
  readonly field: string
  readonly operator: Operator
  readonly values: readonly Literal[]
}

const MAX_EXPRESSIONS = 75
const MAX_LIST = 200
/** The documents name one level; the reference grammar takes two (docs/spark-api.md §2.7). */
const MAX_DEPTH = 1

/**
 * A SparkQL filter without functions and arithmetic (docs/spark-api.md §2.7). `And` binds tighter than `Or`.
 * @throws {SparkqlError}
 */
export function parseSparkql(filter: string): Expression {
  const parser = new Parser(tokens(filter))
  const expression = parser.disjunction()
  parser.end()
  return expression
}

class Parser {
  readonly #tokens: readonly Token[]
  #position = 0
  #depth = 0
  #expressions = 0

  constructor(list: readonly Token[]) {
    this.#tokens = list
  }

  end(): void {
    const rest = this.#peek()
    if (rest !== undefined) throw new SparkqlError(1040, rest.text, 'Expected And, Or or the end')
  }

  disjunction(): Expression {
    let left = this.#conjunction()
    while (this.#takeWord('or')) left = { kind: 'or', left, right: this.#conjunction() }
    return left
  }

  #conjunction(): Expression {
    let left = this.#unary()
    for (;;) {
      if (this.#takeWord('and')) left = { kind: 'and', left, right: this.#unary() }
      // `A Not B` is short for `A And Not B`.
      else if (this.#takeWord('not'))
        left = { kind: 'and', left, right: { kind: 'not', operand: this.#unary() } }
      else return left
    }
  }

  #unary(): Expression {
    if (this.#takeWord('not')) return { kind: 'not', operand: this.#unary() }
    if (!this.#takePunctuation('(')) return this.#comparison()
    this.#depth += 1
    if (this.#depth > MAX_DEPTH) throw new SparkqlError(1041, '(', 'Too many levels of parentheses')
    const inner = this.disjunction()
    if (!this.#takePunctuation(')')) throw this.#unexpected('a closing parenthesis')
    this.#depth -= 1
    return inner
  }

  #comparison(): Comparison {
    const field = this.#peek()
    if (field?.kind !== 'custom-field' && (field?.kind !== 'word' || !/^[A-Z]/.test(field.text))) {
      throw this.#unexpected('a field')
    }
    this.#position += 1
    this.#expressions += 1
    if (this.#expressions > MAX_EXPRESSIONS) {
      throw new SparkqlError(1041, field.text, `More than ${MAX_EXPRESSIONS} expressions`)
    }
    const operator = this.#operator()
    const values = [this.#literal()]
    while (this.#takePunctuation(',')) values.push(this.#literal())
    checkCount(field.text, operator, values.length)
    return { kind: 'comparison', field: field.text, operator, values }
  }

  #operator(): Operator {
    const token = this.#peek()
    const operator = OPERATORS.find((name) => name.toLowerCase() === token?.text.toLowerCase())
    if (token?.kind !== 'word' || operator === undefined) throw this.#unexpected('an operator')
    this.#position += 1
    return operator
  }

  #literal(): Literal {
    const token = this.#peek()
    if (token?.kind !== 'literal') throw this.#unexpected('a value')
    this.#position += 1
    return token
  }

  #takeWord(word: string): boolean {
    const token = this.#peek()
    if (token?.kind !== 'word' || token.text.toLowerCase() !== word) return false
    this.#position += 1
    return true
  }

  #takePunctuation(text: string): boolean {
    const token = this.#peek()
    if (token?.kind !== 'punctuation' || token.text !== text) return false
    this.#position += 1
    return true
  }

  #peek(): Token | undefined {
    return this.#tokens[this.#position]
  }

  #unexpected(wanted: string): SparkqlError {
    return new SparkqlError(1040, this.#peek()?.text ?? '', `Expected ${wanted}`)
  }
}

function checkCount(field: string, operator: Operator, count: number): void {
  if (operator === 'Bt') {
    if (count !== 2) throw new SparkqlError(1040, field, 'Bt takes two values')
    return
  }
  if (count > 1 && operator !== 'Eq' && operator !== 'Ne') {
    throw new SparkqlError(1040, field, `${operator} takes one value`)
  }
  if (count > MAX_LIST) throw new SparkqlError(1041, field, `More than ${MAX_LIST} values in a list`)
}
