/** What a filter says, before anything is known of its fields (docs/spark-api.md §2.7). */

export const COMPARING = ['Eq', 'Ne', 'Gt', 'Ge', 'Lt', 'Le'] as const
export type ComparingOperator = (typeof COMPARING)[number]
export const ARITHMETIC = ['Add', 'Sub', 'Mul', 'Div', 'Mod'] as const
export type ArithmeticOperator = (typeof ARITHMETIC)[number]

export type LiteralType =
  | 'character'
  | 'integer'
  | 'decimal'
  | 'boolean'
  | 'null'
  | 'date'
  | 'datetime'
  | 'time'

export interface Literal {
  readonly kind: 'literal'
  readonly type: LiteralType
  /** As it stands in the filter, with quotes and escapes. */
  readonly text: string
}

export interface Call {
  readonly kind: 'call'
  readonly name: string
  readonly args: readonly Operand[]
}

/** What has a value. */
export type Operand =
  | Literal
  | Call
  /** A standard field's name, or `"Group"."Field"` with the quotes. */
  | { readonly kind: 'field'; readonly name: string }
  | {
      readonly kind: 'arithmetic'
      readonly operator: ArithmeticOperator
      readonly left: Operand
      readonly right: Operand
    }
  | { readonly kind: 'negation'; readonly operand: Operand }
  /** Of a left side: they make a calculation of it. Behind an operator they leave no trace beside the order that they make. */
  | { readonly kind: 'parentheses'; readonly operand: Operand }

export interface Comparison {
  readonly kind: 'comparison'
  readonly left: Operand
  readonly operator: ComparingOperator | 'Bt'
  /** One or more; two of `Bt`. */
  readonly values: readonly Operand[]
}

interface Group {
  readonly kind: 'group'
  readonly links: readonly Link[]
}

export type Term = Comparison | Group

/**
 * A term and how it goes on from the terms before it. `Not` is short for "and not"; the first one has `Not` or, for want of
 * anything before it, `And`.
 */
export interface Link {
  readonly conjunction: 'And' | 'Or' | 'Not'
  readonly term: Term
}
