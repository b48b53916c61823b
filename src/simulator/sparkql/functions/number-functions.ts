import { asNumber, isMoment, isPoint } from '../value.ts'
import type { Value } from '../value.ts'
import { fieldOr, literalOf } from './sparkql-function.ts'
import type { ValueFunction } from './sparkql-function.ts'

/** What `cast` makes. */
export const CAST_TYPES = ['character', 'decimal', 'integer'] as const

export const NUMBER_FUNCTIONS: Readonly<Record<string, ValueFunction>> = {
  ceiling: toWhole(Math.ceil),
  floor: toWhole(Math.floor),
  /** Halves away from zero. */
  round: toWhole((value) => Math.sign(value) * Math.round(Math.abs(value))),
  cast: {
    kind: 'value',
    required: [{ types: ['character', 'decimal', 'integer', 'null'], fields: 'any' }, literalOf('character')],
    optional: [],
    returns: 'named',
    call: ([value, type]) => cast(value, type),
  },
}

function toWhole(round: (value: number) => number): ValueFunction {
  return {
    kind: 'value',
    required: [fieldOr('decimal')],
    optional: [],
    returns: 'integer',
    call: ([value]) => round(asNumber(value)),
  }
}

/** Null where the value does not look like the type. No value is an empty text, and 0. */
function cast(value: Value, type: Value): Value {
  if (value === undefined || isMoment(value) || isPoint(value)) return null
  if (type === 'character') return value === null ? '' : String(value)
  if (value === null) return 0
  const text = String(value).trim()
  if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text)) return null
  return type === 'integer' ? Math.trunc(Number(text)) : Number(text)
}
