import type { SparkqlProblem } from '../api/envelope.ts'
import type { CheckedComparison, CheckedOperand, Comparand } from './checked.ts'
import { comparandsOf } from './comparands.ts'
import type { Surroundings } from './comparands.ts'
import type { FieldReader, FieldResolution } from './field.ts'
import { checkedOperand, tokenOf } from './operands.ts'
import { SparkqlError } from './sparkql-error.ts'
import type { Comparison, Operand } from './tree.ts'
import { isNumeric } from './value.ts'
import type { ValueType } from './value.ts'

export interface CheckContext<Row> extends Surroundings {
  readonly resolve: (field: string) => FieldResolution<Row>
  /** Takes what is dropped. */
  readonly problems: SparkqlProblem[]
}

/**
 * A comparison whose fields, functions and types are right; undefined if one of its fields, and so the whole of it, is
 * dropped.
 * @throws {SparkqlError}
 */
export function checkedComparison<Row>(
  comparison: Comparison,
  { resolve, problems, ...surroundings }: CheckContext<Row>,
): CheckedComparison<Row> | undefined {
  const comparands = comparandsOf(comparison, surroundings)
  const names = [...new Set(fieldsOf(comparison.left))]
  if (names.length === 0) {
    throw new SparkqlError(1040, tokenOf(comparison.left), 'An expression must name a field')
  }
  const readers = new Map<string, FieldReader<Row>>()
  for (const name of names) {
    const field = resolve(name)
    if (field === 'refused') throw new SparkqlError(1040, name, 'Unknown or unsearchable field')
    if (field === 'dropped') {
      problems.push({ token: name, status: 'Dropped', message: 'Field dropped from the filter' })
      return undefined
    }
    readers.set(name, field)
  }
  const { operand, quantifier } = quantified(comparison.left)
  const left = checkedOperand(operand, { readers, now: surroundings.now })
  for (const { type } of comparands) checkType(names[0] ?? '', left, type)
  const multiSelects = [...readers.values()].filter(({ multiSelect }) => multiSelect)
  if (multiSelects.length > 1) {
    throw new SparkqlError(1040, names[0] ?? '', 'An expression takes one field of several values')
  }
  return { left, operator: comparison.operator, comparands, quantifier }
}

/** `all(Field)` is the field, of which each value must fit. */
function quantified(left: Operand): Pick<CheckedComparison<never>, 'quantifier'> & { operand: Operand } {
  if (left.kind !== 'call' || left.name !== 'all') return { operand: left, quantifier: 'some' }
  const [field] = left.args
  if (field?.kind === 'field' && left.args.length === 1) return { operand: field, quantifier: 'every' }
  throw new SparkqlError(1040, left.name, 'all takes a field')
}

/** A number fits a calculation of numbers; a field's own type is held to more closely. */
function checkType<Row>(field: string, left: CheckedOperand<Row>, found: Comparand['type']): void {
  const expected = left.type
  const fits =
    found === expected ||
    found === 'null' ||
    COERCED[expected] === found ||
    (left.kind !== 'field' && isNumeric(expected) && isNumeric(found))
  if (!fits) throw new SparkqlError(1040, field, `Expected a value of type ${expected}, not ${found}`)
}

/** Which other type a type takes. */
const COERCED: Partial<Readonly<Record<ValueType, ValueType>>> = {
  decimal: 'integer',
  date: 'datetime',
  datetime: 'date',
}

function fieldsOf(operand: Operand): readonly string[] {
  switch (operand.kind) {
    case 'field':
      return [operand.name]
    case 'literal':
      return []
    case 'call':
      return operand.args.flatMap(fieldsOf)
    case 'arithmetic':
      return [...fieldsOf(operand.left), ...fieldsOf(operand.right)]
    case 'negation':
    case 'parentheses':
      return fieldsOf(operand.operand)
  }
}
