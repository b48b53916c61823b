/** Values that stand in JSON as text of ASCII, as numbers; NaN for what needs a closer look. */

/** A double holds every integer of so many digits, and divides it by a power of ten as JSON's numbers are rounded. */
export const MOST_DIGITS = 15
export const POWERS_OF_TEN = Float64Array.from({ length: MOST_DIGITS + 1 }, (_, power) => 10 ** power)

const DAYS_OF_MONTH = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** Days since 1970-01-01 of `2024-05-02`, at `at`; only of the years 1000 to 9999. */
export function daysAt(bytes: Uint8Array, at: number): number {
  if (bytes[at + 4] !== 0x2d || bytes[at + 7] !== 0x2d) return Number.NaN
  const century = twoDigits(bytes, at)
  const year = century * 100 + twoDigits(bytes, at + 2)
  const month = twoDigits(bytes, at + 5)
  const day = twoDigits(bytes, at + 8)
  if (!(century >= 10 && year >= 1_000 && month >= 1 && month <= 12 && day >= 1)) return Number.NaN
  if (day > (DAYS_OF_MONTH[month - 1] ?? 0)) return Number.NaN
  if (day === 29 && month === 2 && !isLeap(year)) return Number.NaN
  return daysFromCivil(year, month, day)
}

/** Milliseconds since 1970 of `2024-05-02T14:03:09Z`, at `at`. */
export function millisAt(bytes: Uint8Array, at: number): number {
  if (
    bytes[at + 10] !== 0x54 ||
    bytes[at + 13] !== 0x3a ||
    bytes[at + 16] !== 0x3a ||
    bytes[at + 19] !== 0x5a
  ) {
    return Number.NaN
  }
  const hour = twoDigits(bytes, at + 11)
  const minute = twoDigits(bytes, at + 14)
  const second = twoDigits(bytes, at + 17)
  if (!(hour < 24 && minute < 60 && second < 60)) return Number.NaN
  return daysAt(bytes, at) * 86_400_000 + ((hour * 60 + minute) * 60 + second) * 1_000
}

/** NaN if one of them is no digit. */
function twoDigits(bytes: Uint8Array, at: number): number {
  const tens = (bytes[at] ?? 0) - 48
  const ones = (bytes[at + 1] ?? 0) - 48
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN
}

function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
}

/** In the proleptic Gregorian calendar, of years from March on, so that the leap day is the last one. */
function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year
  const era = Math.floor(y / 400)
  const yearOfEra = y - era * 400
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * 146_097 + dayOfEra - 719_468
}
