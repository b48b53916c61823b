import type { CheckedComparison, Comparand } from './checked.ts'
import { chosenValues, comparable, comparableReadingOf, multiSelectIn } from './readings.ts'
import type { Comparable } from './readings.ts'
import { dayOf, startOfDay } from './source-time.ts'
import { isMoment, isPoint } from './value.ts'
import type { Value, ValueType } from './value.ts'

export type Predicate<Row> = (row: Row) => boolean

/** `Ne` is all that `Eq` is not. No value and a masked one lie in no range; `NULL` is the one and not the other. */
export function comparisonPredicate<Row>(comparison: CheckedComparison<Row>): Predicate<Row> {
  const { left, operator, quantifier } = comparison
  const fits = fitting(comparison)
  const reading = comparableReadingOf(left)
  const multiSelect = multiSelectIn(left)
  const matches: Predicate<Row> =
    multiSelect === undefined
      ? (row) => fits(reading(row, null))
      : (row) => chosenValues(multiSelect, row)[quantifier]((chosen) => fits(reading(row, chosen)))
  return operator === 'Ne' ? (row) => !matches(row) : matches
}

function fitting<Row>({ left, operator, comparands }: CheckedComparison<Row>): Predicate<Comparable> {
  if (operator === 'Eq' || operator === 'Ne') return equality(left.type, comparands)
  const bounds = comparands.map((comparand) => boundOf(left.type, comparand))
  const [low = Number.NaN, high = Number.NaN] = bounds
  switch (operator) {
    case 'Gt':
      return (value) => typeof value === 'number' && value > low
    case 'Ge':
      return (value) => typeof value === 'number' && value >= low
    case 'Lt':
      return (value) => typeof value === 'number' && value < low
    case 'Le':
      return (value) => typeof value === 'number' && value <= low
    case 'Bt':
      return (value) => typeof value === 'number' && value >= low && value <= high
  }
}

function equality(type: ValueType, comparands: readonly Comparand[]): Predicate<Comparable> {
  const tests = comparands.flatMap((comparand) => (comparand.kind === 'test' ? [comparand.fits] : []))
  const areas = comparands.flatMap((comparand) => (comparand.kind === 'area' ? [comparand.contains] : []))
  const values = new Set(
    comparands.flatMap((comparand) =>
      comparand.kind === 'value' ? [comparable(coerced(type, comparand.value))] : [],
    ),
  )
  return (value) =>
    values.has(value) ||
    (typeof value === 'string' && tests.some((fits) => fits(value))) ||
    (isPoint(value) && areas.some((contains) => contains(value)))
}

/** All that is ordered is compared as a number. */
function boundOf(type: ValueType, comparand: Comparand): number {
  const value = comparand.kind === 'value' ? comparable(coerced(type, comparand.value)) : undefined
  return typeof value === 'number' ? value : Number.NaN
}

/** A day stands for its first moment where the source is; a moment for its day as the filter writes it. */
function coerced(type: ValueType, value: Value): Value {
  if (type === 'datetime' && typeof value === 'number') return startOfDay(value)
  if (type === 'date' && isMoment(value)) return dayOf(value)
  return value
}
