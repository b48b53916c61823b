import * as fc from 'fast-check'

import { ARITHMETIC, COMPARING } from '../../../src/simulator/sparkql/tree.ts'
import type {
  Comparison,
  Link,
  Literal,
  LiteralType,
  Operand,
  Term,
} from '../../../src/simulator/sparkql/tree.ts'
import { bindingOf } from './filter-text.ts'

const digits = (count: number) =>
  fc.integer({ min: 0, max: 10 ** count - 1 }).map((n) => String(n).padStart(count, '0'))
const date = fc.tuple(digits(4), digits(2), digits(2)).map((parts) => parts.join('-'))
const time = fc
  .tuple(digits(2), digits(2), fc.option(digits(2)))
  .map((parts) => parts.filter((part) => part !== null).join(':'))
const decimal = fc.tuple(fc.integer(), fc.nat(), fc.constantFrom('', 'E-3', 'e2'))

const TEXTS: Readonly<Record<LiteralType, fc.Arbitrary<string>>> = {
  character: fc.string({ unit: 'grapheme' }).map((text) => `'${text.replaceAll(/[\\']/g, String.raw`\$&`)}'`),
  integer: fc.integer().map(String),
  decimal: decimal.map(([whole, fraction, exponent]) => `${whole}.${fraction}${exponent}`),
  boolean: fc.constantFrom('true', 'false'),
  null: fc.constantFrom('NULL', 'Null', 'null'),
  date,
  time,
  datetime: fc
    .tuple(date, time, fc.constantFrom('', 'Z', '+01:00', '-0630'))
    .map(([day, clock, zone]) => `${day}T${clock}${zone}`),
}

function literal(...types: readonly LiteralType[]): fc.Arbitrary<Literal> {
  return fc.oneof(
    ...types.map((type) => TEXTS[type].map((text): Literal => ({ kind: 'literal', type, text }))),
  )
}

const anyLiteral = literal('character', 'integer', 'decimal', 'boolean', 'null', 'date', 'time', 'datetime')
const name = fc.constantFrom('now', 'days', 'tolower', 'cast', 'bogus')
const field = fc
  .constantFrom('City', 'Beds', 'Price', 'Day', 'At', 'View', 'Hidden', 'Foo', '"Main Info"."Lot # 1"')
  .map((text): Operand => ({ kind: 'field', name: text }))

function call(arg: fc.Arbitrary<Operand>): fc.Arbitrary<Operand> {
  return fc.record({ kind: fc.constant('call' as const), name, args: fc.array(arg, { maxLength: 3 }) })
}

const literalCall = call(anyLiteral)

/** What is calculated of these. */
function calculated(leaf: fc.Arbitrary<Operand>): fc.Arbitrary<Operand> {
  return fc.letrec<{ operand: Operand }>((tie) => ({
    operand: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      leaf,
      fc.record({ kind: fc.constant('negation' as const), operand: tie('operand') }),
      fc.record({
        kind: fc.constant('arithmetic' as const),
        operator: fc.constantFrom(...ARITHMETIC),
        left: tie('operand'),
        right: tie('operand'),
      }),
    ),
  })).operand
}

const { argument } = fc.letrec<{ argument: Operand }>((tie) => ({
  argument: fc.oneof({ depthSize: 'small' }, anyLiteral, field, call(tie('argument'))),
}))
const left = calculated(fc.oneof(field, call(argument), literal('integer', 'decimal', 'character'))).map(
  grouped,
)
const listed = fc.oneof(literal('integer', 'decimal', 'character'), literalCall)
const ranged = fc.oneof(literal('integer', 'decimal', 'date', 'time', 'datetime'), literalCall)

const comparison: fc.Arbitrary<Comparison> = fc.oneof(
  fc.record({
    kind: fc.constant('comparison' as const),
    left,
    operator: fc.constantFrom(...COMPARING),
    values: fc.oneof(
      calculated(fc.oneof(anyLiteral, literalCall)).map((value) => [value]),
      fc.array(listed, { minLength: 2, maxLength: 4 }),
    ),
  }),
  fc.record({
    kind: fc.constant('comparison' as const),
    left,
    operator: fc.constant('Bt' as const),
    values: fc.tuple(ranged, ranged),
  }),
)

/** Parentheses of a left side show in its tree: here they are where precedence asks for them. */
function grouped(operand: Operand): Operand {
  if (operand.kind === 'negation') return { kind: 'negation', operand: within(3, operand.operand) }
  if (operand.kind !== 'arithmetic') return operand
  const own = bindingOf(operand.operator)
  return { ...operand, left: within(own, operand.left), right: within(own + 1, operand.right) }
}

function within(binding: number, operand: Operand): Operand {
  const isLoose = operand.kind === 'arithmetic' && bindingOf(operand.operator) < binding
  return isLoose ? { kind: 'parentheses', operand: grouped(operand) } : grouped(operand)
}

/** Trees of everything that the grammar takes, most of which no field's type does. */
export const { links: arbitraryFilter } = fc.letrec<{ links: readonly Link[]; term: Term }>((tie) => ({
  links: fc
    .tuple(
      fc.record({ conjunction: fc.constantFrom('And' as const, 'Not' as const), term: tie('term') }),
      fc.array(
        fc.record({
          conjunction: fc.constantFrom('And' as const, 'Or' as const, 'Not' as const),
          term: tie('term'),
        }),
        { maxLength: 3 },
      ),
    )
    .map(([first, others]) => [first, ...others]),
  term: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    comparison,
    fc.record({ kind: fc.constant('group' as const), links: tie('links') }),
  ),
}))
