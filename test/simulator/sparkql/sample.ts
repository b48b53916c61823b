import type { JsonValue } from '../../../src/domain/json.ts'
import type { FilterContext, FilterFieldType } from '../../../src/simulator/sparkql/field.ts'
import { compileFilter } from '../../../src/simulator/sparkql/filter.ts'
import { SparkqlError } from '../../../src/simulator/sparkql/sparkql-error.ts'

export type Sample = Readonly<Record<string, JsonValue>>

const FIELDS = {
  City: 'Character',
  Beds: 'Integer',
  Price: 'Decimal',
  Pool: 'Boolean',
  Day: 'Date',
  At: 'Datetime',
  View: 'Character',
  Roof: 'Character',
  Location: 'Location',
  '"Main Info"."Lot # 1"': 'Character',
} as const satisfies Readonly<Record<string, FilterFieldType>>

const TYPES: ReadonlyMap<string, FilterFieldType> = new Map(Object.entries(FIELDS))

/** A Saturday, 8:03 in the morning where the source is. */
const NOW = Date.UTC(2026, 4, 2, 14, 3, 9, 500)

/** Of a row that lies at 46, -100. */
export const HOME_ID = '20260502140309000000000000'

/** `View` and `Roof` are multi-select fields; `Hidden` is dropped, what else is unknown refused. */
export const SAMPLES: FilterContext<Sample> = {
  now: () => NOW,
  locate: (id) => (id === HOME_ID ? { latitude: 46, longitude: -100 } : undefined),
  resolve(name) {
    const type = TYPES.get(name)
    if (type === undefined) return name === 'Hidden' ? 'dropped' : 'refused'
    return {
      type,
      multiSelect: name === 'View' || name === 'Roof',
      value: (row) => row[name] ?? null,
      seconds(row) {
        const ms = typeof row[name] === 'string' ? Date.parse(row[name]) : Number.NaN
        return Number.isNaN(ms) ? null : Math.floor(ms / 1000)
      },
    }
  },
}

export function matches(filter: string, row: Sample): boolean {
  return compileFilter(filter, SAMPLES).matches(row)
}

/** With which code and at which token a filter is refused; undefined if it is not. */
export function refusal(filter: string): readonly [code: number, token: string] | undefined {
  try {
    compileFilter(filter, SAMPLES)
  } catch (error) {
    if (error instanceof SparkqlError) return [error.code, error.problem.token]
    throw error
  }
  return undefined
}
