import type { Millis } from '../domain/instant.ts'

const UNITS: ReadonlyMap<string, Millis> = new Map([
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
])

/** `500ms`, `90s`, `5m`, `24h`, `1d`: a whole number and its unit. Undefined for anything else. */
export function parseDuration(text: string): Millis | undefined {
  const [, digits, unit] = /^(\d{1,12})(ms|s|m|h|d)$/.exec(text) ?? []
  if (digits === undefined || unit === undefined) return undefined
  const size = UNITS.get(unit)
  return size === undefined ? undefined : Number(digits) * size
}
