import { isJsonObject, JsonBigInteger } from '../../domain/json.ts'
import { MASKED } from '../../domain/masked.ts'
import type { CheckedOperand } from './checked.ts'
import type { FieldReader } from './field.ts'
import { pointOf } from './location.ts'
import { valueOf } from './operands.ts'
import { inSourceZone, parseDay } from './source-time.ts'
import type { Moment } from './source-time.ts'
import { isMoment } from './value.ts'
import type { Value } from './value.ts'

/** @param chosen the value of the multi-select field that is looked at */
type Reading<Row> = (row: Row, chosen: Value) => Value

/** The value that an operand has for a row. */
function readingOf<Row>(operand: CheckedOperand<Row>): Reading<Row> {
  switch (operand.kind) {
    case 'constant':
      return () => operand.value
    case 'field':
      return operand.reader.multiSelect ? (_, chosen) => chosen : fieldReading(operand.reader)
    case 'calculation': {
      const readings = operand.operands.map((inner) => readingOf(inner))
      return (row, chosen) =>
        valueOf(
          operand,
          readings.map((reading) => reading(row, chosen)),
        )
    }
  }
}

/** The multi-select field in an operand. */
export function multiSelectIn<Row>(operand: CheckedOperand<Row>): FieldReader<Row> | undefined {
  switch (operand.kind) {
    case 'constant':
      return undefined
    case 'field':
      return operand.reader.multiSelect ? operand.reader : undefined
    case 'calculation':
      return operand.operands.map((inner) => multiSelectIn(inner)).find((reader) => reader !== undefined)
  }
}

/** The values that are chosen of a multi-select field (docs/spark-api.md §4.3). */
export function chosenValues<Row>(reader: FieldReader<Row>, row: Row): readonly Value[] {
  const value = reader.value(row)
  return isJsonObject(value) ? Object.keys(value) : [value === null ? null : undefined]
}

/** What does not look like the field's type says as little as what is masked. */
function fieldReading<Row>(reader: FieldReader<Row>): (row: Row) => Value {
  const shown = (row: Row, known: (value: string | number | boolean | JsonBigInteger) => Value): Value => {
    const value = reader.value(row)
    if (value === null) return null
    if (value === MASKED || (typeof value === 'object' && !(value instanceof JsonBigInteger)))
      return undefined
    return known(value)
  }
  switch (reader.type) {
    case 'Character':
      return (row) => shown(row, (value) => (typeof value === 'string' ? value : undefined))
    case 'Integer':
    case 'Decimal':
      return (row) => shown(row, numberOf)
    case 'Boolean':
      return (row) => shown(row, (value) => (typeof value === 'boolean' ? value : undefined))
    case 'Date':
      return (row) => shown(row, (value) => (typeof value === 'string' ? parseDay(value) : undefined))
    case 'Location':
      return (row) => pointOf(reader.value(row))
    case 'Datetime': {
      const seconds = secondsReading(reader)
      return (row) => {
        const at = seconds(row)
        return typeof at === 'number' ? inSourceZone(at * 1000) : at
      }
    }
  }
}

function secondsReading<Row>(reader: FieldReader<Row>): (row: Row) => number | null | undefined {
  return (row) => reader.seconds(row) ?? (reader.value(row) === null ? null : undefined)
}

function numberOf(value: string | number | boolean | JsonBigInteger): Value {
  if (value instanceof JsonBigInteger) return Number(value.text)
  return typeof value === 'number' ? value : undefined
}

export type Comparable = Exclude<Value, Moment>

/** The same in a form that `===` and `<` compare. A bare Datetime, which every update asks for, comes in it. */
export function comparableReadingOf<Row>(
  operand: CheckedOperand<Row>,
): (row: Row, chosen: Value) => Comparable {
  if (operand.kind === 'field' && operand.type === 'datetime') return secondsReading(operand.reader)
  const reading = readingOf(operand)
  return (row, chosen) => comparable(reading(row, chosen))
}

/** In a form that `===` and `<` compare. Stamps are cut to seconds, and so is what they are compared with. */
export function comparable(value: Value): Comparable {
  return isMoment(value) ? Math.floor(value.at / 1000) : value
}
