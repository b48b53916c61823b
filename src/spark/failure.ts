/** What a failed answer of the API means, and what to do about it (docs/spark-api.md §3.3). */
import { DATA_FAILED, FILTER_TOO_SLOW, TOO_SLOW } from '../domain/error-codes.ts'
import type { Envelope } from './envelope.ts'
import type { SweepDoubt } from '../domain/sweep-doubt.ts'
import { quoteForeign } from '../support/secrets.ts'
import { refusedBy, SparkApiError, type SparkErrorCode } from './spark-api-error.ts'

interface Verdict {
  readonly code: SparkErrorCode
  /** What to do about it. */
  readonly advice: string
}

const CONTACT = 'Ask api-support@sparkplatform.com.'
const ENDPOINT = 'Check SPARK_API_URL: replication keys belong to https://replication.sparkapi.com.'

const UNAUTHORIZED = verdict(
  'SPARK_UNAUTHORIZED',
  'The access token is not accepted. Check SPARK_ACCESS_TOKEN.',
)
const KEY_DISABLED = verdict(
  'SPARK_KEY_DISABLED',
  `The key behind SPARK_ACCESS_TOKEN is not active. ${CONTACT}`,
)
const KEY_RESTRICTED = verdict(
  'SPARK_KEY_RESTRICTED',
  `The key behind SPARK_ACCESS_TOKEN may not be used in this way or from this address. ${CONTACT}`,
)
const WRONG_ENDPOINT = verdict('SPARK_WRONG_ENDPOINT', ENDPOINT)
const NOT_PERMITTED = verdict(
  'SPARK_NOT_PERMITTED',
  `The key behind SPARK_ACCESS_TOKEN has no right to this. ${CONTACT}`,
)
const NOT_FOUND = verdict('SPARK_NOT_FOUND', 'The API has no such record, or does not show it to this key.')
const METHOD_REFUSED = verdict(
  'SPARK_METHOD_REFUSED',
  `The API does not take this kind of request. ${ENDPOINT}`,
)
const FILTER_REFUSED = verdict(
  'SPARK_FILTER_REFUSED',
  'The API refused the filter, or dropped a part of it. Check LISTINGS_FILTER, and that the key may search these fields.',
)
const BAD_PARAMETER = verdict(
  'SPARK_BAD_PARAMETER',
  'The API refused a parameter. Check PAGE_LIMIT: 1000 needs a replication key, others may ask for 25.',
)
const REFUSED = verdict('SPARK_REFUSED', `The API refused the request. ${CONTACT}`)
const UNAVAILABLE = verdict('SPARK_UNAVAILABLE', 'The API is not available now; it is asked again later.')
const ROWS_SLOW = verdict(
  TOO_SLOW,
  'The API cancelled the request because it took too long. Lower PAGE_LIMIT if this stays.',
)
const FILTER_SLOW = verdict(
  FILTER_TOO_SLOW,
  'The API cancelled the request because its filter took too long. An update asks for a shorter time.',
)
const BROKEN_DATA = verdict(
  DATA_FAILED,
  'The API stumbles over its own data; what it cannot show for that is asked for again later.',
)
const RATE_LIMITED = verdict(
  'SPARK_RATE_LIMITED',
  'The API takes no more requests for a while. Lower API_RATE, or raise UPDATE_INTERVAL, if this stays.',
)

const BY_CODE: ReadonlyMap<number, Verdict> = new Map([
  [404, NOT_FOUND],
  [405, METHOD_REFUSED],
  [1000, UNAUTHORIZED],
  [1005, KEY_DISABLED],
  [1010, KEY_DISABLED],
  [1013, KEY_RESTRICTED],
  [
    1015,
    verdict(
      'SPARK_ACCOUNT_INACTIVE',
      `The user of the key behind SPARK_ACCESS_TOKEN is unknown or switched off. ${CONTACT}`,
    ),
  ],
  [1016, KEY_RESTRICTED],
  [1017, METHOD_REFUSED],
  [1018, METHOD_REFUSED],
  [1019, KEY_RESTRICTED],
  [1020, verdict('SPARK_SESSION_EXPIRED', 'The access token has expired. Set a new SPARK_ACCESS_TOKEN.')],
  [1021, WRONG_ENDPOINT],
  [1023, UNAVAILABLE],
  [1024, verdict('SPARK_NOT_IN_SYNC', 'The data is being brought up to date; it is asked for again later.')],
  [1026, BROKEN_DATA],
  [1030, verdict('SPARK_WRONG_ENDPOINT', 'The API wants TLS: SPARK_API_URL must begin with https://.')],
  [1035, BAD_PARAMETER],
  [1040, FILTER_REFUSED],
  [1041, FILTER_REFUSED],
  [1050, BAD_PARAMETER],
  [1053, BAD_PARAMETER],
  [1500, NOT_PERMITTED],
  [1505, NOT_PERMITTED],
  [1510, UNAVAILABLE],
  [1515, ROWS_SLOW],
  [1516, FILTER_SLOW],
  [1550, RATE_LIMITED],
  [2005, UNAVAILABLE],
])

export interface FailedAnswer {
  readonly path: string
  readonly httpStatus: number
  /** Undefined if the body was none; the status then decides. */
  readonly envelope: Envelope | undefined
  readonly retryAfterMs: number | undefined
  /** From which the token was read; null if it is not from a file. @default null */
  readonly tokenFile?: string | null
}

/** The error for an answer that is not a success. */
export function failureOf({
  path,
  httpStatus,
  envelope,
  retryAfterMs,
  tokenFile = null,
}: FailedAnswer): SparkApiError {
  const { code, advice } = verdictOn(httpStatus, envelope)
  const apiCode = envelope?.code
  const said = envelope?.message === undefined ? '' : ` (the API says: ${quoteForeign(envelope.message)})`
  const named = apiCode === undefined ? '' : ` with Code ${apiCode}`
  const source =
    tokenFile !== null && refusedBy(code) === 'token'
      ? ` It was read from ${tokenFile}; write the new one there.`
      : ''
  return new SparkApiError(`${path} failed: HTTP ${httpStatus}${named}${said}. ${advice}${source}`, {
    code,
    path,
    httpStatus,
    apiCode,
    retryAfterMs,
    doubt: doubtOf(code, httpStatus, envelope),
  })
}

/** Where the code leaves out what makes a difference to a sweep. */
function doubtOf(
  code: SparkErrorCode,
  httpStatus: number,
  envelope: Envelope | undefined,
): SweepDoubt | undefined {
  const isSuccess = httpStatus >= 200 && httpStatus < 300
  const isUntold = envelope?.code === undefined
  if (isSuccess && envelope?.filterErrors === true) return 'sparkql_errors'
  if (isSuccess && isUntold && code === 'SPARK_UNAVAILABLE') return 'failed_without_code'
  return isUntold && code === 'SPARK_NOT_PERMITTED' ? 'forbidden' : undefined
}

function verdictOn(httpStatus: number, envelope: Envelope | undefined): Verdict {
  const code = envelope?.code
  const known = code === undefined ? undefined : BY_CODE.get(code)
  if (known !== undefined) return known
  if (code !== undefined && code >= 2000 && code <= 2999) return FILTER_REFUSED
  if (envelope?.filterErrors === true) return FILTER_REFUSED
  return byStatus(httpStatus, envelope)
}

function byStatus(httpStatus: number, envelope: Envelope | undefined): Verdict {
  switch (httpStatus) {
    case 400:
      return BAD_PARAMETER
    case 401:
      return UNAUTHORIZED
    case 403:
      return NOT_PERMITTED
    case 404:
    case 410:
      // Without the API's own Code it may be a wrong URL or a gateway: no word about the record (R9).
      return verdict('SPARK_BAD_RESPONSE', `The answer is not the API's own. ${ENDPOINT}`)
    case 405:
    case 414:
      return METHOD_REFUSED
    case 408:
      return UNAVAILABLE
    case 429:
      return RATE_LIMITED
  }
  if (httpStatus >= 500) return UNAVAILABLE
  if (httpStatus >= 300 && httpStatus < 400) return WRONG_ENDPOINT
  // A failure that says nothing at all (docs/spark-api.md §3.1) may pass; one with a Code of its own is an answer.
  if (envelope !== undefined && envelope.code === undefined && httpStatus < 300) return UNAVAILABLE
  return REFUSED
}

function verdict(code: SparkErrorCode, advice: string): Verdict {
  return { code, advice }
}
