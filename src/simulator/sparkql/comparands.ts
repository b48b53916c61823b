import type { CheckedOperand, Comparand } from './checked.ts'
import type { Point } from './geometry.ts'
import { checkedArguments, checkedOperand, tokenOf } from './operands.ts'
import type { OperandContext } from './operands.ts'
import type { Moment } from './source-time.ts'
import { SparkqlError } from './sparkql-error.ts'
import type { Comparison, Operand } from './tree.ts'
import { asText, isNumeric } from './value.ts'
import type { Value, ValueType } from './value.ts'
import { MAX_WILDCARDS, plainText, wildcardsIn, wildcardTest } from './wildcards.ts'

/** Types that stand behind `Eq` and `Ne` alone. */
const UNORDERED: readonly ValueType[] = ['character', 'boolean', 'shape', 'null']
const DAYS: readonly ValueType[] = ['date', 'datetime']

/** What values may hang on beside the filter. */
export interface Surroundings {
  readonly now: Moment
  readonly locate: (id: string) => Point | undefined
}

/**
 * The values behind an operator, calculated.
 * @throws {SparkqlError}
 */
export function comparandsOf(
  { operator, values }: Comparison,
  surroundings: Surroundings,
): readonly Comparand[] {
  const comparands = values.map((value) => comparand(value, surroundings))
  const isOrdering = operator !== 'Eq' && operator !== 'Ne'
  if (isOrdering && values.length > (operator === 'Bt' ? 2 : 1)) {
    throw new SparkqlError(1040, operator, `${operator} takes no list`)
  }
  const types = comparands.map(({ type }) => type)
  if (isOrdering && types.some((type) => UNORDERED.includes(type))) {
    throw new SparkqlError(1040, operator, `${operator} does not take a value of type ${types[0]}`)
  }
  const [first] = types
  if (!types.every((type) => type === first) && !types.every(isNumeric) && !types.every(isDay)) {
    throw new SparkqlError(1040, operator, 'The values of a list have different types')
  }
  return withWildcards(comparands)
}

function isDay(type: ValueType): boolean {
  return DAYS.includes(type)
}

function comparand(operand: Operand, { now, locate }: Surroundings): Comparand {
  const context: OperandContext<never> = { readers: new Map(), now }
  if (operand.kind === 'call') {
    const { definition, args } = checkedArguments(operand, context)
    if (definition.kind === 'test') {
      return { kind: 'test', type: 'character', fits: definition.test(args.map(constantValue)) }
    }
    if (definition.kind === 'shape') {
      return { kind: 'area', type: 'shape', contains: definition.area(args.map(constantValue), locate) }
    }
  }
  const checked = checkedOperand(operand, context)
  const value = constantValue(checked)
  // A call may lead to no value, as `cast` does. A division by zero must not.
  if (value === null && operand.kind !== 'call' && checked.type !== 'null') {
    throw new SparkqlError(1040, tokenOf(operand), 'The calculation has no result')
  }
  return { kind: 'value', type: value === null ? 'null' : checked.type, value }
}

function constantValue(operand: CheckedOperand<never>): Value {
  return operand.kind === 'constant' ? operand.value : undefined
}

function withWildcards(comparands: readonly Comparand[]): readonly Comparand[] {
  let wildcards = 0
  return comparands.map((comparand) => {
    if (comparand.kind !== 'value' || comparand.type !== 'character') return comparand
    const text = asText(comparand.value)
    const count = wildcardsIn(text)
    wildcards += count
    if (wildcards > MAX_WILDCARDS) {
      throw new SparkqlError(1041, text, `More than ${MAX_WILDCARDS} wildcards in an expression`)
    }
    return count === 0
      ? { ...comparand, value: plainText(text) }
      : { kind: 'test', type: 'character', fits: wildcardTest(text) }
  })
}
