import type { FieldReader } from './field.ts'
import type { Area } from './geometry.ts'
import type { Comparison } from './tree.ts'
import type { Value, ValueType } from './value.ts'

/** What has a value, its fields known and its types fitting. */
export type CheckedOperand<Row> =
  | { readonly kind: 'constant'; readonly type: ValueType; readonly value: Value }
  | {
      readonly kind: 'field'
      readonly type: ValueType
      readonly reader: FieldReader<Row>
    }
  | {
      readonly kind: 'calculation'
      readonly type: ValueType
      readonly operands: readonly CheckedOperand<Row>[]
      /** Whether it has a value of no value. */
      readonly takesNull: boolean
      readonly compute: (values: readonly Value[]) => Value
    }

/** What stands behind an operator: a value, which texts fit, or where a location may lie. */
export type Comparand =
  | { readonly kind: 'value'; readonly type: ValueType; readonly value: Value }
  | { readonly kind: 'test'; readonly type: 'character'; readonly fits: (text: string) => boolean }
  | { readonly kind: 'area'; readonly type: 'shape'; readonly contains: Area }

export interface CheckedComparison<Row> {
  readonly left: CheckedOperand<Row>
  readonly operator: Comparison['operator']
  readonly comparands: readonly Comparand[]
  /** Of a multi-select field: whether each of its values must fit, or one. */
  readonly quantifier: 'every' | 'some'
}
