import { calendarDay, dayOf, timeOf } from '../source-time.ts'
import { asNumber, isMoment } from '../value.ts'
import type { Value, ValueType } from '../value.ts'
import { fieldOr } from './sparkql-function.ts'
import type { ValueFunction } from './sparkql-function.ts'

const DAY_MS = 86_400_000

/** Parts of dates and datetimes: of a literal in its own zone, of a field in the source's. */
export const TIME_FUNCTIONS: Readonly<Record<string, ValueFunction>> = {
  date: ofDay('date', (day) => day),
  time: ofTime('time', (ms) => ms),
  year: ofDay('integer', (day) => calendarDay(day).getUTCFullYear()),
  month: ofDay('integer', (day) => calendarDay(day).getUTCMonth() + 1),
  day: ofDay('integer', (day) => calendarDay(day).getUTCDate()),
  /** From 1, Sunday, to 7, as DB2 has it (UNCONFIRMED). */
  dayofweek: ofDay('integer', (day) => calendarDay(day).getUTCDay() + 1),
  dayofyear: ofDay('integer', (day) => day - Date.UTC(calendarDay(day).getUTCFullYear(), 0, 1) / DAY_MS + 1),
  hour: ofTime('integer', (ms) => Math.floor(ms / 3_600_000)),
  minute: ofTime('integer', (ms) => Math.floor(ms / 60_000) % 60),
  second: ofTime('integer', (ms) => Math.floor(ms / 1000) % 60),
  fractionalseconds: ofTime('decimal', (ms) => (ms % 1000) / 1000),
}

function ofDay(returns: ValueType, part: (day: number) => number): ValueFunction {
  return ofPart(returns, (value) => part(isMoment(value) ? dayOf(value) : asNumber(value)))
}

/** A date begins at midnight. */
function ofTime(returns: ValueType, part: (ms: number) => number): ValueFunction {
  return ofPart(returns, (value) => part(isMoment(value) ? timeOf(value) : 0))
}

function ofPart(returns: ValueType, call: (value: Value) => Value): ValueFunction {
  return {
    kind: 'value',
    required: [fieldOr('datetime', 'date')],
    optional: [],
    returns,
    call: ([value]) => call(value),
  }
}
