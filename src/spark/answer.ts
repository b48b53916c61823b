/** What an answer of the API is: a success, a failure that it tells of, or nothing that can be read. */
import type { Instant } from '../domain/instant.ts'
import type { ResourceDescription } from '../domain/resource.ts'
import { isRetryable } from '../support/errors.ts'
import type { Envelope } from './envelope.ts'
import { failureOf } from './failure.ts'
import { parseRetryAfter } from './http-dates.ts'
import { readBody, type Body, type PageReader, type TokenListener } from './page-body.ts'
import type { ReadRecords } from './records.ts'
import { noGzip, unreadable, type SparkApiError } from './spark-api-error.ts'
import { pathOf, type HttpRequest, type HttpResponse } from './transport.ts'
import { OversizedAnswer, UnreadablePage } from './unreadable-page.ts'

export interface Call extends HttpRequest {
  /** `RequestEvent.path`. @default the path of `target` */
  readonly label?: string
  /** The answer is a page of this resource: its results are wanted as records. */
  readonly pageOf?: ResourceDescription
  /** Of such a page: only keys and stamps are asked for. @default whole records */
  readonly ofKeys?: boolean
  /** Of a page; told for each attempt. */
  readonly onToken?: TokenListener
  /** The answer holds records, read as JSON: broken JSON in one is told from an answer that is none. */
  readonly holdsRecords?: true
  /** Of those that it may take, the first one included. @default as every call */
  readonly attempts?: number
}

export type Outcome =
  | { readonly kind: 'success'; readonly envelope: Envelope; readonly rows: ReadRecords | undefined }
  | { readonly kind: 'not_modified' }
  | { readonly kind: 'failure'; readonly error: SparkApiError }

export interface AnswerContext {
  readonly pageReader: PageReader
  /** When the answer was given: by its Date, or when it came. */
  readonly answeredAt: Instant
  /** From which the token was read; null if it is not from a file. */
  readonly tokenFile: string | null
}

/** @throws {SparkApiError} if a success cannot be read. */
export async function readAnswer(
  call: Call,
  response: HttpResponse,
  { pageReader, answeredAt, tokenFile }: AnswerContext,
  signal: AbortSignal,
): Promise<Outcome> {
  const path = pathOf(call.target)
  const { status } = response
  if (status === 304 && isConditional(call)) return { kind: 'not_modified' }
  const body = await bodyOf(call, response, pageReader, signal)
  if (body.kind !== 'envelope' && !isError(status)) {
    const holdsRecords = call.pageOf !== undefined || call.holdsRecords === true
    if (body.kind === 'not_json' && body.bytes !== undefined && holdsRecords) {
      throw new UnreadablePage(path, whatItIs(body), { bytes: body.bytes })
    }
    const doubt = body.kind === 'not_json' ? 'not_json' : 'wrong_form'
    throw unreadable(path, whatItIs(body), { httpStatus: status, doubt })
  }
  const { envelope, rows } = body.kind === 'envelope' ? body : NOTHING_READ
  const success = !isError(status) && envelope?.success === true && !envelope.filterErrors
  if (success) return { kind: 'success', envelope, rows }
  const retryAfterMs = parseRetryAfter(response.header('retry-after'), answeredAt)
  const error = failureOf({ path, httpStatus: status, envelope, retryAfterMs, tokenFile })
  return { kind: 'failure', error }
}

async function bodyOf(
  { pageOf, ofKeys = false, onToken, target, largestBody: limit }: Call,
  { status, body: bytes, zipped = false }: HttpResponse,
  pageReader: PageReader,
  signal: AbortSignal,
): Promise<Body> {
  if (pageOf === undefined || isError(status)) return readBody(bytes)
  const path = pathOf(target)
  let page: Awaited<ReturnType<PageReader['read']>>
  try {
    page = await pageReader.read({ bytes, zipped, limit, ofKeys }, pageOf, signal, onToken)
  } catch (cause) {
    signal.throwIfAborted()
    if (!isRetryable(cause)) throw cause
    throw new UnreadablePage(path, 'was too much for the reader of pages', { cause })
  }
  if (page.kind !== 'not_unzipped') return page
  throw page.why === 'too_long' ? new OversizedAnswer(path, limit) : noGzip(path, page)
}

/** An error status without an envelope says enough. */
const NOTHING_READ = { envelope: undefined, rows: undefined }

function isError(status: number): boolean {
  return status < 200 || status >= 300
}

function whatItIs(body: Exclude<Body, { readonly kind: 'envelope' }>): string {
  return body.kind === 'not_json'
    ? `is not JSON (${body.characters} characters)`
    : 'has not the form of the Spark API'
}

function isConditional({ headers }: Call): boolean {
  return 'if-none-match' in headers || 'if-modified-since' in headers
}
