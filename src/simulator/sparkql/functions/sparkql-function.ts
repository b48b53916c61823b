import type { Area, Point } from '../geometry.ts'
import type { Moment } from '../source-time.ts'
import type { Value, ValueType } from '../value.ts'

export interface Parameter {
  /** Of literals and of what other functions return. */
  readonly types: readonly ValueType[]
  /** Fields that may stand here: of these types, where a Decimal is also an Integer; of any type; none. */
  readonly fields: 'typed' | 'any' | 'none'
}

/** A function has a value: of its literal arguments at once, of fields for each row. */
export interface ValueFunction {
  readonly kind: 'value'
  readonly required: readonly Parameter[]
  readonly optional: readonly Parameter[]
  /** `named`: by the last argument. */
  readonly returns: ValueType | 'named'
  /**
   * @param args fit the parameters; null or masked only where `required` takes null
   * @param now the source's clock
   * @throws {SparkqlError} if the arguments have no result, or are over a limit
   */
  readonly call: (args: readonly Value[], now: Moment) => Value
}

/** A function says which values fit: it stands behind `Eq` and `Ne`. */
export interface TestFunction {
  readonly kind: 'test'
  readonly required: readonly Parameter[]
  readonly optional: readonly Parameter[]
  readonly test: (args: readonly Value[]) => (text: string) => boolean
}

/** A function says where a location may lie: it stands behind `Eq` and `Ne`. */
export interface ShapeFunction {
  readonly kind: 'shape'
  readonly required: readonly Parameter[]
  readonly optional: readonly Parameter[]
  /** @param locate where the record with this Id lies */
  readonly area: (args: readonly Value[], locate: (id: string) => Point | undefined) => Area
}

export type SparkqlFunction = ValueFunction | TestFunction | ShapeFunction

export function literalOf(...types: readonly ValueType[]): Parameter {
  return { types, fields: 'none' }
}

export function fieldOr(...types: readonly ValueType[]): Parameter {
  return { types, fields: 'typed' }
}
