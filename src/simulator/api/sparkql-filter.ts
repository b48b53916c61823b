import { isJsonObject, type JsonValue } from '../../domain/json.ts'
import type { SparkqlProblem } from './envelope.ts'
import type { FieldType } from './field-type.ts'
import { SparkqlError, type Literal, type LiteralType } from './sparkql-lexer.ts'
import { parseSparkql, type Comparison, type Expression, type Operator } from './sparkql-parser.ts'

export interface FieldReader<Row> {
  readonly type: FieldType
  readonly multiSelect: boolean
  value(row: Row): JsonValue
  /** Of a Datetime: seconds since 1970, null where the row has none. */
  seconds(row: Row): number | null
}

/** A field that a filter may name, or what is done with a filter that names it. */
export type FieldResolution<Row> = FieldReader<Row> | 'refused' | 'dropped'

export interface CompiledFilter<Row> {
  readonly matches: (row: Row) => boolean
  /** Tokens that were dropped: the result is wider than what was asked for. */
  readonly problems: readonly SparkqlProblem[]
}

type Predicate<Row> = (row: Row) => boolean
type Comparable = string | number | boolean | null

const LITERALS_FOR: Readonly<Record<FieldType, readonly LiteralType[]>> = {
  Character: ['string'],
  Integer: ['number'],
  Decimal: ['number'],
  Boolean: ['boolean'],
  Date: ['date', 'datetime'],
  Datetime: ['datetime', 'date'],
}
const UNORDERED: readonly FieldType[] = ['Character', 'Boolean']
const MAX_WILDCARDS = 3

/** @throws {SparkqlError} */
export function compileFilter<Row>(
  filter: string,
  resolve: (field: string) => FieldResolution<Row>,
): CompiledFilter<Row> {
  const problems: SparkqlProblem[] = []
  const predicate = compile(parseSparkql(filter), resolve, problems)
  return { matches: predicate ?? (() => true), problems }
}

/** Undefined if nothing of the expression is left after dropping. */
function compile<Row>(
  expression: Expression,
  resolve: (field: string) => FieldResolution<Row>,
  problems: SparkqlProblem[],
): Predicate<Row> | undefined {
  switch (expression.kind) {
    case 'and':
    case 'or': {
      const left = compile(expression.left, resolve, problems)
      const right = compile(expression.right, resolve, problems)
      if (left === undefined || right === undefined) return left ?? right
      return expression.kind === 'and' ? (row) => left(row) && right(row) : (row) => left(row) || right(row)
    }
    case 'not': {
      const operand = compile(expression.operand, resolve, problems)
      return operand === undefined ? undefined : (row) => !operand(row)
    }
    case 'comparison': {
      const field = resolve(expression.field)
      if (field === 'refused') {
        throw new SparkqlError(1040, expression.field, 'Unknown or unsearchable field')
      }
      if (field !== 'dropped') return compare(expression, field)
      problems.push({ token: expression.field, status: 'Dropped', message: 'Field dropped from the filter' })
      return undefined
    }
  }
}

function compare<Row>(comparison: Comparison, field: FieldReader<Row>): Predicate<Row> {
  const { operator, values } = comparison
  for (const value of values) checkType(comparison, field, value)
  const patterns = values.filter(isPattern).map(wildcardPattern)
  const plain = values.filter((value) => !isPattern(value)).map((value) => comparable(value, field.type))
  if (operator === 'Eq' || operator === 'Ne') {
    const isIn = membership(field, new Set(plain), patterns)
    return operator === 'Eq' ? isIn : (row) => !isIn(row)
  }
  return ordering(operator, field, plain)
}

function checkType<Row>(comparison: Comparison, field: FieldReader<Row>, value: Literal): void {
  const { operator } = comparison
  const ordered = operator !== 'Eq' && operator !== 'Ne'
  if (value.type === 'null' ? ordered : !LITERALS_FOR[field.type].includes(value.type)) {
    throw new SparkqlError(1040, value.text, `Not a value that ${comparison.field} ${operator} takes`)
  }
  if (ordered && UNORDERED.includes(field.type)) {
    throw new SparkqlError(1040, comparison.field, `A ${field.type} field takes Eq and Ne only`)
  }
}

function membership<Row>(
  field: FieldReader<Row>,
  set: ReadonlySet<Comparable>,
  patterns: readonly RegExp[],
): Predicate<Row> {
  const has = (value: Comparable): boolean =>
    set.has(value) || (typeof value === 'string' && patterns.some((pattern) => pattern.test(value)))
  if (!field.multiSelect) {
    const read = reader(field)
    return (row) => has(read(row))
  }
  return (row) => {
    const value = field.value(row)
    return isJsonObject(value) ? Object.keys(value).some(has) : has(typeof value === 'object' ? null : value)
  }
}

function ordering<Row>(
  operator: Exclude<Operator, 'Eq' | 'Ne'>,
  field: FieldReader<Row>,
  bounds: readonly Comparable[],
): Predicate<Row> {
  const read = reader(field)
  const low = bounds.at(0) ?? null
  const high = bounds.at(-1) ?? null
  return (row) => {
    const value = read(row)
    if (value === null || low === null || high === null || typeof value !== typeof low) return false
    switch (operator) {
      case 'Gt':
        return value > low
      case 'Ge':
        return value >= low
      case 'Lt':
        return value < low
      case 'Le':
        return value <= low
      case 'Bt':
        return value >= low && value <= high
    }
  }
}

function reader<Row>(field: FieldReader<Row>): (row: Row) => Comparable {
  if (field.type === 'Datetime') return (row) => field.seconds(row)
  return (row) => {
    const value = field.value(row)
    return typeof value === 'object' ? null : value
  }
}

function comparable(value: Literal, type: FieldType): Comparable {
  if (value.type === 'null') return null
  if (type === 'Datetime') {
    const ms = value.type === 'date' ? Date.parse(`${String(value.value)}T00:00:00Z`) : Number(value.value)
    // Stamps are cut to seconds, and so is what they are compared with.
    return Math.floor(ms / 1000)
  }
  if (type === 'Date' && value.type === 'datetime') {
    return new Date(Number(value.value)).toISOString().slice(0, 10)
  }
  return value.value
}

/** Whether an unescaped `*` or `?` stands in a string. */
function isPattern(value: Literal): boolean {
  return value.type === 'string' && /[*?]/.test(value.text.replaceAll(/\\./g, ''))
}

function wildcardPattern(value: Literal): RegExp {
  const body = value.text.slice(1, -1)
  if ((body.replaceAll(/\\./g, '').match(/[*?]/g) ?? []).length > MAX_WILDCARDS) {
    throw new SparkqlError(1041, value.text, `More than ${MAX_WILDCARDS} wildcards`)
  }
  const source = body.replaceAll(/\\.|[*?]|[^\\*?]/gsu, (part) => {
    if (part === '*') return '.*'
    if (part === '?') return '.'
    return RegExp.escape(part.startsWith('\\') ? part.slice(1) : part)
  })
  return new RegExp(`^${source}$`, 'su')
}
