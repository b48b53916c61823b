/** Milliseconds since 1970-01-01T00:00:00Z, as Avro's `timestamp-millis`. */
export type Instant = number & { readonly __brand: 'Instant' }

const ISO_8601 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})$/

/** @throws {RangeError} if `ms` is not a whole number of milliseconds that a date can hold (±8.64e15). */
export function instant(ms: number): Instant {
  if (!Number.isInteger(ms) || Math.abs(ms) > 8.64e15) throw new RangeError(`${ms} is not an instant`)
  return ms as Instant
}

/** In UTC. What lies outside is a valid Avro timestamp, but crashes readers whose calendar ends there, as Python's does. */
const FIRST_MS = Date.parse('0001-01-01T00:00:00Z')
const LAST_MS = Date.parse('9999-12-31T23:59:59.999Z')

/**
 * An ISO 8601 datetime with a zone (docs/spark-api.md §2.8), in the years 1 to 9999 in UTC; undefined for anything else,
 * impossible dates included.
 */
export function parseInstant(text: string): Instant | undefined {
  return ofSeconds(text) ?? parseIso8601(text)
}

/** A short cut for the form in which the source sends nearly all of them, `2024-05-02T14:03:09Z`; undefined for all others. */
function ofSeconds(text: string): Instant | undefined {
  if (text.length !== 20 || text[10] !== 'T' || text[13] !== ':' || text[16] !== ':' || text[19] !== 'Z') {
    return undefined
  }
  const day = startOfDay(text)
  const hour = twoDigits(text, 11)
  const minute = twoDigits(text, 14)
  const second = twoDigits(text, 17)
  if (day === undefined || !(hour < 24 && minute < 60 && second < 60)) return undefined
  return (day + ((hour * 60 + minute) * 60 + second) * 1000) as Instant
}

/**
 * Milliseconds of the day that a text begins with, `2024-05-02…`; undefined for what needs a closer look: the days 29
 * to 31, years of the first millennium, and whatever is no date.
 */
export function startOfDay(text: string): number | undefined {
  if (text[4] !== '-' || text[7] !== '-') return undefined
  const century = twoDigits(text, 0)
  const year = century * 100 + twoDigits(text, 2)
  const month = twoDigits(text, 5)
  const day = twoDigits(text, 8)
  if (!(century >= 10 && year < 10_000 && month >= 1 && month <= 12 && day >= 1 && day <= 28))
    return undefined
  return Date.UTC(year, month - 1, day)
}

/** NaN if one of them is no digit. */
function twoDigits(text: string, at: number): number {
  const tens = text.charCodeAt(at) - 48
  const ones = text.charCodeAt(at + 1) - 48
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN
}

function parseIso8601(text: string): Instant | undefined {
  if (!ISO_8601.test(text)) return undefined
  const ms = Date.parse(text)
  if (Number.isNaN(ms) || ms < FIRST_MS || ms > LAST_MS) return undefined
  // Date.parse turns 31 February into March: the day must survive.
  const day = Number(text.slice(8, 10))
  const lastDay = new Date(Date.UTC(Number(text.slice(0, 4)), Number(text.slice(5, 7)), 0)).getUTCDate()
  return day >= 1 && day <= lastDay ? (ms as Instant) : undefined
}

/** `2026-05-02T14:03:09.000Z`, as reports, logs and headers have it. @param ms since 1970-01-01T00:00:00Z */
export function formatInstant(ms: number): string {
  return new Date(ms).toISOString()
}

/** `2026-05-02T14:03:09Z`: seconds, as the source's stamps are cut to seconds (docs/spark-api.md §2.8). */
export function formatSeconds(value: Instant): string {
  return `${new Date(value).toISOString().slice(0, 19)}Z`
}

/** A length of time in milliseconds. */
export type Millis = number
