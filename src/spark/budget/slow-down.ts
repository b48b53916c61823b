/** Whether an answer asks for fewer requests (docs/spark-api.md §3.3, §3.4). */
import type { Instant, Millis } from '../../domain/instant.ts'
import { parseHttpDate, parseRetryAfter } from '../http-dates.ts'
import { readBody } from '../page-body.ts'
import type { HttpResponse } from '../transport.ts'

const OVER_RATE_STATUS = 429
/** Comes with HTTP 429, and was seen with 503. */
const OVER_RATE_CODE = 1550
/** A refusal has no records; what is longer is not read a second time. */
const LONGEST_REFUSAL_BYTES = 4 * 1024

export interface SlowDown {
  /** It is about the rate; otherwise the source only asks to be left alone for a while. */
  readonly isOverRate: boolean
  /** What it asks for; undefined if nothing. */
  readonly retryAfterMs: Millis | undefined
}

/** Undefined if it does not. */
export function slowDownOf(response: HttpResponse, now: Instant): SlowDown | undefined {
  const isOverRate = response.status === OVER_RATE_STATUS || codeOf(response) === OVER_RATE_CODE
  const isError = isOverRate || response.status >= 400
  const answeredAt = parseHttpDate(response.header('date')) ?? now
  const retryAfterMs = isError ? parseRetryAfter(response.header('retry-after'), answeredAt) : undefined
  return isOverRate || retryAfterMs !== undefined ? { isOverRate, retryAfterMs } : undefined
}

function codeOf({ body, zipped = false }: HttpResponse): number | undefined {
  if (zipped || body.length === 0 || body.length > LONGEST_REFUSAL_BYTES) return undefined
  const read = readBody(body)
  return read.kind === 'envelope' ? read.envelope.code : undefined
}
