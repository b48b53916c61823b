/** Days and instants as ISO 8601 text, of the years 1 to 9999 in UTC: faster than `Date`, of which a listing would need ten. */
import { garbled } from './avro-bytes.ts'

const DAY_MS = 86_400_000
const FIRST_DAY = Date.parse('0001-01-01') / DAY_MS
const LAST_DAY = Date.parse('9999-12-31') / DAY_MS
/** Rows have few days: those of some years. */
const MOST_DAYS = 50_000

const TWO_DIGITS = Array.from({ length: 60 }, (_, i) => String(i).padStart(2, '0'))
const days = new Map<number, string>()

/** @param day since 1970-01-01 @throws {EventError} EVENT_UNREADABLE outside of those years: the publisher writes none such */
export function dayText(day: number): string {
  const known = days.get(day)
  if (known !== undefined) return known
  if (!(day >= FIRST_DAY && day <= LAST_DAY)) throw garbled()
  const text = new Date(day * DAY_MS).toISOString().slice(0, 10)
  if (days.size >= MOST_DAYS) days.clear()
  days.set(day, text)
  return text
}

/** @param ms since 1970-01-01T00:00:00Z */
export function instantText(ms: number): string {
  const day = Math.floor(ms / DAY_MS)
  let rest = ms - day * DAY_MS
  const millis = rest % 1000
  rest = (rest - millis) / 1000
  const seconds = rest % 60
  rest = (rest - seconds) / 60
  const minutes = rest % 60
  const hours = (rest - minutes) / 60
  const fraction = millis === 0 ? '000' : String(millis).padStart(3, '0')
  return `${dayText(day)}T${TWO_DIGITS[hours]}:${TWO_DIGITS[minutes]}:${TWO_DIGITS[seconds]}.${fraction}Z`
}
