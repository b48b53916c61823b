import type { CheckedOperand } from './checked.ts'
import { calculate } from './decimal.ts'
import type { FieldReader } from './field.ts'
import { FUNCTIONS } from './functions/functions.ts'
import { CAST_TYPES } from './functions/number-functions.ts'
import type { Parameter, SparkqlFunction, ValueFunction } from './functions/sparkql-function.ts'
import type { Moment } from './source-time.ts'
import { SparkqlError } from './sparkql-error.ts'
import type { Call, Operand } from './tree.ts'
import { asNumber, isNumeric, literalValue, valueType } from './value.ts'
import type { Value, ValueType } from './value.ts'

export interface OperandContext<Row> {
  /** The readers of all fields that the operand names. */
  readonly readers: ReadonlyMap<string, FieldReader<Row>>
  readonly now: Moment
}

/** @throws {SparkqlError} where types do not fit */
export function checkedOperand<Row>(operand: Operand, context: OperandContext<Row>): CheckedOperand<Row> {
  switch (operand.kind) {
    case 'literal':
      return { kind: 'constant', type: operand.type, value: literalValue(operand) }
    case 'field': {
      const reader = context.readers.get(operand.name)
      if (reader === undefined) throw new SparkqlError(1040, operand.name, 'A field has no place here')
      return { kind: 'field', type: valueType(reader.type), reader }
    }
    case 'call':
      return checkedCall(operand, context)
    case 'negation':
      return calculation([numeric(operand.operand, context)], ([value]) => -asNumber(value))
    case 'parentheses':
      return calculation([numeric(operand.operand, context)], ([value]) => value)
    case 'arithmetic': {
      const { operator } = operand
      const [left, right] = [numeric(operand.left, context), numeric(operand.right, context)]
      return calculation([left, right], ([a, b], isWhole) =>
        calculate(operator, asNumber(a), asNumber(b), isWhole),
      )
    }
  }
}

/** Of whole numbers a whole number. */
function calculation<Row>(
  operands: readonly CheckedOperand<Row>[],
  compute: (values: readonly Value[], isWhole: boolean) => Value,
): CheckedOperand<Row> {
  const isWhole = operands.every(({ type }) => type === 'integer')
  return folded({
    kind: 'calculation',
    type: isWhole ? 'integer' : 'decimal',
    operands,
    takesNull: false,
    compute: (values) => compute(values, isWhole),
  })
}

function numeric<Row>(operand: Operand, context: OperandContext<Row>): CheckedOperand<Row> {
  const checked = checkedOperand(operand, context)
  if (isNumeric(checked.type)) return checked
  throw new SparkqlError(1040, tokenOf(operand), `No arithmetic with a value of type ${checked.type}`)
}

/** The function of a call and its arguments, which fit it. */
export interface CheckedArguments<Row> {
  readonly definition: SparkqlFunction
  readonly args: readonly CheckedOperand<Row>[]
}

export function checkedArguments<Row>(
  { name, args }: Call,
  context: OperandContext<Row>,
): CheckedArguments<Row> {
  const definition = FUNCTIONS.get(name)
  if (definition === undefined) throw new SparkqlError(1040, name, 'There is no such function')
  const parameters = [...definition.required, ...definition.optional]
  if (args.length < definition.required.length || args.length > parameters.length) {
    throw new SparkqlError(1040, name, `${name} takes ${definition.required.length} arguments`)
  }
  const checked = args.map((arg) => checkedOperand(arg, context))
  for (const [at, arg] of checked.entries()) {
    if (!fits(arg, parameters[at])) {
      throw new SparkqlError(1040, name, `Argument ${at + 1} of ${name} has a type that it does not take`)
    }
  }
  return {
    definition,
    args: checked.map((arg, at) => (parameters[at]?.fields === 'any' ? written(arg) : arg)),
  }
}

function fits<Row>(arg: CheckedOperand<Row>, parameter: Parameter | undefined): boolean {
  if (parameter === undefined) return false
  const { types, fields } = parameter
  if (arg.kind !== 'field' || fields === 'none') return arg.kind !== 'field' && types.includes(arg.type)
  return fields === 'any' || types.includes(arg.type) || (arg.type === 'integer' && types.includes('decimal'))
}

/** A field of days or times in the form in which rows show it: a function of any field takes what looks like it. */
function written<Row>(arg: CheckedOperand<Row>): CheckedOperand<Row> {
  if (arg.kind !== 'field' || (arg.type !== 'date' && arg.type !== 'datetime')) return arg
  const { reader } = arg
  return { kind: 'field', type: 'character', reader: { ...reader, type: 'Character' } }
}

function checkedCall<Row>(call: Call, context: OperandContext<Row>): CheckedOperand<Row> {
  const { definition, args } = checkedArguments(call, context)
  if (definition.kind !== 'value') {
    throw new SparkqlError(1040, call.name, `${call.name} stands behind Eq and Ne alone`)
  }
  return folded({
    kind: 'calculation',
    type: returnType(call.name, definition, args),
    operands: args,
    takesNull: definition.required.some(({ types }) => types.includes('null')),
    compute: (values) => definition.call(values, context.now),
  })
}

function returnType<Row>(
  name: string,
  { returns }: ValueFunction,
  args: readonly CheckedOperand<Row>[],
): ValueType {
  if (returns !== 'named') return returns
  const last = args.at(-1)
  const named = CAST_TYPES.find((type) => last?.kind === 'constant' && last.value === type)
  if (named === undefined) throw new SparkqlError(1040, name, `${name} leads to ${CAST_TYPES.join(', ')}`)
  return named
}

type Calculation<Row> = Extract<CheckedOperand<Row>, { kind: 'calculation' }>

/** Its value, once and for all, where nothing in it hangs on the row. */
function folded<Row>(calculation: Calculation<Row>): CheckedOperand<Row> {
  const { type, operands } = calculation
  const values: Value[] = []
  for (const operand of operands) {
    if (operand.kind !== 'constant') return calculation
    values.push(operand.value)
  }
  return { kind: 'constant', type, value: valueOf(calculation, values) }
}

/** The value of a calculation: masked where something in it is, none where something has none. */
export function valueOf<Row>(
  { takesNull, compute }: Pick<Calculation<Row>, 'takesNull' | 'compute'>,
  values: readonly Value[],
): Value {
  if (values.includes(undefined)) return undefined
  return values.includes(null) && !takesNull ? null : compute(values)
}

/** What names the operand in a message. */
export function tokenOf(operand: Operand): string {
  switch (operand.kind) {
    case 'literal':
      return operand.text
    case 'field':
    case 'call':
      return operand.name
    case 'arithmetic':
      return operand.operator
    case 'negation':
      return '-'
    case 'parentheses':
      return '('
  }
}
