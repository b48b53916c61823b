import { calendarDay, dayOf, inSourceZone } from '../source-time.ts'
import type { Moment } from '../source-time.ts'
import { SparkqlError } from '../sparkql-error.ts'
import { asNumber } from '../value.ts'
import type { ValueType } from '../value.ts'
import { literalOf } from './sparkql-function.ts'
import type { ValueFunction } from './sparkql-function.ts'

/** About a thousand years. */
const MAX_DAYS = 365_000
const LAST_DAY = Date.UTC(9999, 11, 31) / 86_400_000
const FIRST_DAY = Date.parse('0000-01-01T00:00:00Z') / 86_400_000

/** Points in time counted from now, by the source's clock. Seconds, minutes and hours lead to a datetime, all else to a date. */
export const CLOCK_FUNCTIONS: Readonly<Record<string, ValueFunction>> = {
  now: fixed((now) => now.at),
  mindatetime: fixed(() => 0),
  maxdatetime: fixed(() => Date.UTC(9999, 11, 31, 23, 59, 59)),
  seconds: after(1000),
  minutes: after(60_000),
  hours: after(3_600_000),
  days: counted((today, count) => today + withinLimit('days', count)),
  weekdays: counted((today, count) => addWeekdays(today, withinLimit('weekdays', count))),
  months: counted(addMonths),
  years: counted((today, count) => addMonths(today, count * 12)),
}

function fixed(at: (now: Moment) => number): ValueFunction {
  return {
    kind: 'value',
    required: [],
    optional: [],
    returns: 'datetime',
    call: (_, now) => inSourceZone(at(now)),
  }
}

function ofCount(returns: ValueType, call: ValueFunction['call']): ValueFunction {
  return { kind: 'value', required: [literalOf('integer')], optional: [], returns, call }
}

function after(unitMs: number): ValueFunction {
  return ofCount('datetime', ([count], now) => inSourceZone(now.at + asNumber(count) * unitMs))
}

function counted(move: (today: number, count: number) => number): ValueFunction {
  return ofCount('date', ([value], now) => {
    const count = asNumber(value)
    const day = move(dayOf(now), count)
    // Also NaN.
    if (!(day >= FIRST_DAY && day <= LAST_DAY)) throw new SparkqlError(1041, String(count), 'No such year')
    return day
  })
}

function withinLimit(name: string, count: number): number {
  if (Math.abs(count) <= MAX_DAYS) return count
  throw new SparkqlError(1041, String(count), `${name} leads at most ${MAX_DAYS} days away`)
}

/** The same day of another month, or its last. */
function addMonths(today: number, count: number): number {
  const from = calendarDay(today)
  const month = from.getUTCMonth() + count
  const lastOfMonth = new Date(Date.UTC(from.getUTCFullYear(), month + 1, 0)).getUTCDate()
  return Date.UTC(from.getUTCFullYear(), month, Math.min(from.getUTCDate(), lastOfMonth)) / 86_400_000
}

/** Five weekdays are a week. Whole weeks from a weekend lead to the weekday that lies nearer to today. */
function addWeekdays(today: number, count: number): number {
  const step = count > 0 ? 1 : -1
  const left = Math.abs(count) % 5
  let day = today + Math.trunc(count / 5) * 7
  for (let done = 0; done < left; done += 1) day = nextWeekday(day + step, step)
  return nextWeekday(day, left === 0 ? -step : step)
}

/** That day, or the first weekday from there. */
function nextWeekday(day: number, step: number): number {
  let at = day
  while ([0, 6].includes(calendarDay(at).getUTCDay())) at += step
  return at
}
