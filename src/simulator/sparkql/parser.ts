import { tokens } from './lexer.ts'
import type { Token } from './lexer.ts'
import { SparkqlError } from './sparkql-error.ts'
import type { ArithmeticOperator, Call, Comparison, Link, LiteralType, Operand, Term } from './tree.ts'

/** Parentheses in each other and operations in one comparison: far above what anybody writes, far below the stack's end. */
const MAX_DEPTH = 100
const MAX_OPERATIONS = 500

/** What may stand in a list, and before an operator. */
const LISTABLE: readonly LiteralType[] = ['integer', 'decimal', 'character']
const RANGEABLE: readonly LiteralType[] = ['integer', 'decimal', 'date', 'datetime', 'time']
const PRECEDENCE: Readonly<Record<ArithmeticOperator, number>> = { Add: 1, Sub: 1, Mul: 2, Div: 2, Mod: 2 }

/**
 * The links of a filter; none of an empty one.
 * @throws {SparkqlError} 1040 at the first token that the grammar does not take
 */
export function parseSparkql(filter: string): readonly Link[] {
  return new Parser(tokens(filter)).filter()
}

/** A left side that was read, or, where its parentheses held more, a whole term. */
type Opening =
  | { readonly kind: 'operand'; readonly operand: Operand }
  | { readonly kind: 'term'; readonly term: Term }

class Parser {
  readonly #tokens: readonly Token[]
  #position = 0
  #depth = 0
  #operations = 0

  constructor(list: readonly Token[]) {
    this.#tokens = list
  }

  filter(): readonly Link[] {
    if (this.#tokens.length === 0) return []
    const links = this.#links()
    if (this.#position < this.#tokens.length) throw this.#unexpected('And, Or, Not or the end')
    return links
  }

  #links(): readonly Link[] {
    const conjunction = this.#takeNot() ? 'Not' : 'And'
    return this.#linksFrom({ conjunction, term: this.#term() })
  }

  #linksFrom(first: Link): readonly Link[] {
    const links = [first]
    for (let token = this.#peek(); token?.kind === 'conjunction'; token = this.#peek()) {
      this.#position += 1
      links.push({ conjunction: token.conjunction, term: this.#term() })
    }
    return links
  }

  #term(): Term {
    this.#operations = 0
    const opening = this.#fieldSide(0)
    return opening.kind === 'term' ? opening.term : this.#comparison(opening.operand)
  }

  /** Whether a parenthesis opens a group or a calculation shows behind what it holds. */
  #fieldSide(precedence: number): Opening {
    const first = this.#fieldPrimary()
    if (first.kind === 'term') return first
    let left = first.operand
    for (;;) {
      const operator = this.#takeArithmetic(precedence)
      if (operator === undefined) return { kind: 'operand', operand: left }
      const right = this.#fieldSide(PRECEDENCE[operator])
      if (right.kind === 'term') throw this.#unexpected('a field or a number')
      left = { kind: 'arithmetic', operator, left, right: right.operand }
    }
  }

  #fieldPrimary(): Opening {
    const token = this.#peek()
    if (token?.kind === 'punctuation' && token.text === '(') return this.#nested(() => this.#parenthesis())
    if (token?.kind === 'punctuation' && token.text === '-') {
      this.#position += 1
      const inner = this.#nested(() => this.#fieldPrimary())
      if (inner.kind === 'term') throw this.#unexpected('a field or a number')
      return { kind: 'operand', operand: { kind: 'negation', operand: inner.operand } }
    }
    return { kind: 'operand', operand: this.#fieldOrLiteral('a field', LISTABLE) }
  }

  #parenthesis(): Opening {
    this.#position += 1
    const not = this.#takeNot()
    const inner: Opening = not ? { kind: 'term', term: this.#term() } : this.#fieldSide(0)
    if (inner.kind === 'operand' && this.#takePunctuation(')')) {
      return { kind: 'operand', operand: { kind: 'parentheses', operand: inner.operand } }
    }
    const term = inner.kind === 'term' ? inner.term : this.#comparison(inner.operand)
    const links = this.#linksFrom({ conjunction: not ? 'Not' : 'And', term })
    this.#expectPunctuation(')')
    return { kind: 'term', term: { kind: 'group', links } }
  }

  /** A field, a call with fields among its arguments, or a literal of these types. */
  #fieldOrLiteral(wanted: string, types: readonly LiteralType[] | 'any'): Operand {
    const token = this.#peek()
    if (token?.kind === 'field') {
      this.#position += 1
      return { kind: 'field', name: token.text }
    }
    if (token?.kind === 'name') return this.#call(() => this.#fieldOrLiteral('an argument', 'any'))
    return this.#literal(wanted, types)
  }

  #comparison(left: Operand): Comparison {
    const token = this.#peek()
    if (token?.kind === 'range-operator') {
      this.#position += 1
      const low = this.#callOrLiteral('a value of a range', RANGEABLE)
      this.#expectPunctuation(',')
      const high = this.#callOrLiteral('a value of a range', RANGEABLE)
      return { kind: 'comparison', left, operator: 'Bt', values: [low, high] }
    }
    if (token?.kind !== 'operator') throw this.#unexpected('an operator')
    this.#position += 1
    return { kind: 'comparison', left, operator: token.operator, values: this.#condition(0) }
  }

  /** A calculation, or a list, which no operation takes. */
  #condition(precedence: number): readonly Operand[] {
    let left = this.#conditionPrimary()
    for (;;) {
      const operator = this.#takeArithmetic(precedence)
      if (operator === undefined) return left
      const right = this.#single(this.#condition(PRECEDENCE[operator]))
      left = [{ kind: 'arithmetic', operator, left: this.#single(left), right }]
    }
  }

  #conditionPrimary(): readonly Operand[] {
    const token = this.#peek()
    if (token?.kind === 'punctuation' && token.text === '(') {
      return this.#nested(() => {
        this.#position += 1
        const inner = this.#condition(0)
        this.#expectPunctuation(')')
        return inner
      })
    }
    if (token?.kind === 'punctuation' && token.text === '-') {
      this.#position += 1
      const inner = this.#nested(() => this.#conditionPrimary())
      return [{ kind: 'negation', operand: this.#single(inner) }]
    }
    const first = this.#callOrLiteral('a value', 'any')
    if (first.kind === 'literal' && !LISTABLE.includes(first.type)) return [first]
    const list = [first]
    while (this.#takePunctuation(',')) list.push(this.#callOrLiteral('a value of a list', LISTABLE))
    return list
  }

  /** A call whose arguments are literals, or a literal of these types. */
  #callOrLiteral(wanted: string, types: readonly LiteralType[] | 'any'): Operand {
    if (this.#peek()?.kind === 'name') return this.#call(() => this.#literal('a literal', 'any'))
    return this.#literal(wanted, types)
  }

  #call(argument: () => Operand): Call {
    const name = this.#peek()?.text ?? ''
    this.#position += 1
    return this.#nested(() => {
      this.#expectPunctuation('(')
      const args: Operand[] = []
      if (this.#takePunctuation(')')) return { kind: 'call', name, args }
      do args.push(argument())
      while (this.#takePunctuation(','))
      this.#expectPunctuation(')')
      return { kind: 'call', name, args }
    })
  }

  #literal(wanted: string, types: readonly LiteralType[] | 'any'): Operand {
    const token = this.#peek()
    if (token?.kind !== 'literal' || (types !== 'any' && !types.includes(token.type))) {
      throw this.#unexpected(wanted)
    }
    this.#position += 1
    return { kind: 'literal', type: token.type, text: token.text }
  }

  #single(values: readonly Operand[]): Operand {
    const [value, second] = values
    if (value === undefined || second !== undefined) throw this.#unexpected('no list in a calculation')
    return value
  }

  #nested<T>(parse: () => T): T {
    this.#depth += 1
    if (this.#depth > MAX_DEPTH) {
      throw new SparkqlError(1041, '(', `More than ${MAX_DEPTH} parentheses in each other`)
    }
    const result = parse()
    this.#depth -= 1
    return result
  }

  /** The next operator if it binds tighter than `precedence`. */
  #takeArithmetic(precedence: number): ArithmeticOperator | undefined {
    const token = this.#peek()
    if (token?.kind !== 'arithmetic' || PRECEDENCE[token.operator] <= precedence) return undefined
    this.#position += 1
    this.#operations += 1
    if (this.#operations > MAX_OPERATIONS) {
      throw new SparkqlError(1041, token.text, `More than ${MAX_OPERATIONS} operations in an expression`)
    }
    return token.operator
  }

  #takeNot(): boolean {
    const token = this.#peek()
    if (token?.kind !== 'conjunction' || token.conjunction !== 'Not') return false
    this.#position += 1
    return true
  }

  #takePunctuation(text: string): boolean {
    const token = this.#peek()
    if (token?.kind !== 'punctuation' || token.text !== text) return false
    this.#position += 1
    return true
  }

  #expectPunctuation(text: string): void {
    if (!this.#takePunctuation(text)) throw this.#unexpected(text)
  }

  #peek(): Token | undefined {
    return this.#tokens[this.#position]
  }

  #unexpected(wanted: string): SparkqlError {
    return new SparkqlError(1040, this.#peek()?.text ?? '', `Expected ${wanted}`)
  }
}
