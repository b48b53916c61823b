import { instant, type Instant } from '../domain/instant.ts'

/** RFC 9110 §5.6.7, the one form that may be sent. */
const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/

/** A longer wait than this is not believed. */
const LONGEST_RETRY_AFTER_MS = 3_600_000

/** Null unless it is an HTTP-date. */
export function parseHttpDate(text: string | undefined): Instant | null {
  if (text === undefined || !HTTP_DATE.test(text)) return null
  const ms = Date.parse(text)
  return Number.isNaN(ms) ? null : instant(ms)
}

/**
 * `Retry-After` (RFC 9110 §10.2.3), seconds or an HTTP-date, as milliseconds from `now`, at most an hour. Undefined if
 * there is none or it cannot be read.
 */
export function parseRetryAfter(text: string | undefined, now: Instant): number | undefined {
  const trimmed = text?.trim()
  if (trimmed === undefined) return undefined
  const date = parseHttpDate(trimmed)
  const ms = /^\d+$/.test(trimmed) ? Number(trimmed) * 1000 : date === null ? undefined : date - now
  return ms === undefined ? undefined : Math.min(LONGEST_RETRY_AFTER_MS, Math.max(0, ms))
}
