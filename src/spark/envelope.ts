/** The `D` envelope of the Spark API (docs/spark-api.md §2.1, §3.1). */
import { isJsonObject, JsonBigInteger, type JsonObject, type JsonValue } from '../domain/json.ts'
import { isPlainText } from '../domain/plain-text.ts'

export interface Envelope {
  /** Only `true` is success, whatever the HTTP status (docs/spark-api.md §3.2). */
  readonly success: boolean
  readonly code: number | undefined
  readonly message: string | undefined
  /** `SparkQLErrors` names a token: part of the filter was refused or dropped (docs/spark-api.md §2.7). */
  readonly filterErrors: boolean
  /** Undefined where there is no array, as on counts. */
  readonly results: readonly JsonValue[] | undefined
  readonly totalRows: number | undefined
  /** Null where absent, null or empty. */
  readonly skipToken: string | null
  readonly lastUpdated: string | undefined
}

/** Undefined if the body is no envelope, or if a member that steers the client has an unknown form. */
export function parseEnvelope(body: JsonValue): Envelope | undefined {
  if (!isJsonObject(body) || !isJsonObject(body['D'])) return undefined
  const d = body['D']
  const skipToken = parseSkipToken(d['SkipToken'])
  if (typeof d['Success'] !== 'boolean' || skipToken === undefined) return undefined
  return {
    success: d['Success'],
    code: parseCode(d['Code']),
    message: text(d['Message']),
    filterErrors: isPresent(d['SparkQLErrors']),
    results: Array.isArray(d['Results']) ? d['Results'] : undefined,
    totalRows: isJsonObject(d['Pagination']) ? wholeNumber(d['Pagination']['TotalRows']) : undefined,
    skipToken,
    lastUpdated: text(d['LastUpdated']),
  }
}

/** One old reply has the code as a string (docs/spark-api.md §3.1). */
function parseCode(value: JsonValue | undefined): number | undefined {
  return wholeNumber(typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value)
}

/** A URL takes more than any token that was ever seen (26 digits), but not everything. */
const LONGEST_TOKEN = 4_096

/**
 * Opaque (docs/spark-api.md §2.3): the documented form is a string, and digits alone keep every digit. Undefined for what could
 * not be sent back as it came.
 */
function parseSkipToken(value: JsonValue | undefined): string | null | undefined {
  if (value === undefined || value === null || value === '') return null
  if (value instanceof JsonBigInteger) return parseSkipToken(value.text)
  if (typeof value === 'number') return String(value)
  if (typeof value !== 'string' || value.length > LONGEST_TOKEN) return undefined
  return isPlainText(value) ? value : undefined
}

function isPresent(value: JsonValue | undefined): boolean {
  if (value === undefined || value === null || value === false || value === '') return false
  if (Array.isArray(value)) return value.length > 0
  return isJsonObject(value) ? Object.keys(value).length > 0 : true
}

function wholeNumber(value: JsonValue | undefined): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined
}

function text(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/** The only element of `Results`, as the metadata services and single records have it. */
export function onlyResult(envelope: Envelope): JsonObject | undefined {
  const [first] = envelope.results ?? []
  return envelope.results?.length === 1 && isJsonObject(first) ? first : undefined
}
