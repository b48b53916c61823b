/** The port `Source` over HTTP: one key of the Spark API, one connection pool. */
import { instant, type Instant } from '../domain/instant.ts'
import type { SourceIdentity } from '../domain/pass.ts'
import type { RecordKey } from '../domain/record-key.ts'
import type { ResourceDescription } from '../domain/resource.ts'
import type { Clock, KeysAnswer, OneAnswer, Source, SourcePage, WalkRequest } from '../replication/ports.ts'
import { unchanging, type Renewable } from '../support/renewable.ts'
import { sleep } from '../support/abort.ts'
import { InvariantViolation, ListingstreamError } from '../support/errors.ts'
import { NOBODY, type Tries } from '../support/tries.ts'
import { onlyResult } from './envelope.ts'
import { PLAIN_PAGE_READER, type PageReader } from './page-body.ts'
import { recordsBodyBytes } from './body-limits.ts'
import { brokenByKey, SMALLEST_SLICE } from './broken-rows.ts'
import { get, oneOf } from './query.ts'
import { readRecord, readRecords } from './records.ts'
import type { SparkApiError } from './spark-api-error.ts'
import {
  SparkClient,
  SYSTEM_PATH,
  type Call,
  type KeyUser,
  type RequestEvent,
  type RetryOptions,
} from './spark-client.ts'
import { createSparkMetadata, type SparkMetadata } from './spark-metadata.ts'
import { Transport, unreadable } from './transport.ts'
import { isUnreadable } from './unreadable-page.ts'
import { walkPages, type PageWishes } from './walk.ts'

/** SparkQL's limit for a list of values (spark-api.md §2.7). */
const MOST_KEYS = 200

export interface SparkSourceOptions {
  /** Base without `/v1`. */
  readonly apiUrl: string
  /** Read again when it is refused, if it is renewable. */
  readonly accessToken: string | Renewable
  /** Whose key it is; a renewed one of another user or MLS is refused. @default anybody's */
  readonly user?: KeyUser | undefined
  /** `_limit` of walks; a resource's own maximum goes before it. */
  readonly pageLimit: number
  /** `_expand` wherever whole records are asked for (seeds, "Replication" 3). @default none */
  readonly expand?: string | undefined
  /** `X-SparkApi-User-Agent`, name and version of the program. */
  readonly userAgent: string
  /** For headers and body of one request. @default 60000 */
  readonly requestTimeoutMs?: number
  /** @default 8 attempts, from 1 s, at most 60 s */
  readonly retry?: RetryOptions
  /** Higher than that of any request of an earlier process (R6). */
  readonly firstRequestNumber: number
  /** Must not throw. */
  readonly onRequest?: (event: RequestEvent) => void
  /** Told of attempts that are made again, and of how calls end. @default nobody */
  readonly tries?: Tries
  /** Told the Date of every answer, and when it came by `clock` (R4). Must not throw. */
  readonly onDate?: (date: Instant, at: Instant) => void
  /** @default the system's */
  readonly clock?: Clock
  /** @default on this thread */
  readonly pageReader?: PageReader
  /** @default Math.random */
  readonly random?: () => number
}

export interface SparkSource extends Source, AsyncDisposable {
  readonly metadata: SparkMetadata
}

const DEFAULT_RETRY: RetryOptions = { attempts: 8, baseMs: 1_000, capMs: 60_000 }
const SYSTEM_CLOCK: Clock = { now: () => instant(Date.now()), sleep }

/**
 * Sends nothing yet. Disposing of it ends requests under way.
 * @throws {ListingstreamError} `SPARK_SETTINGS` if the URL or the token cannot be used.
 */
export function createSparkSource(options: SparkSourceOptions): SparkSource {
  const apiUrl = parseApiUrl(options.apiUrl)
  const accessToken =
    typeof options.accessToken === 'string' ? unchanging(options.accessToken) : options.accessToken
  if (!/^[\x21-\x7e]+$/.test(accessToken.reveal())) {
    throw settingsError('SPARK_ACCESS_TOKEN is empty or has characters that no token has.')
  }
  const transport = new Transport({
    apiUrl,
    requestTimeoutMs: options.requestTimeoutMs ?? 60_000,
    headers: {
      accept: 'application/json',
      'accept-encoding': 'gzip',
      'user-agent': options.userAgent,
      'x-sparkapi-user-agent': options.userAgent,
    },
  })
  const client = new SparkClient({
    transport,
    pageReader: options.pageReader ?? PLAIN_PAGE_READER,
    accessToken,
    user: options.user,
    firstRequestNumber: options.firstRequestNumber,
    retry: options.retry ?? DEFAULT_RETRY,
    onRequest: options.onRequest ?? (() => undefined),
    tries: options.tries ?? NOBODY,
    onDate: options.onDate ?? (() => undefined),
    clock: options.clock ?? SYSTEM_CLOCK,
    random: options.random ?? Math.random,
  })
  return new HttpSource(transport, client, apiUrl.host, {
    limit: options.pageLimit,
    expand: options.expand,
  })
}

class HttpSource implements SparkSource {
  readonly metadata: SparkMetadata
  readonly #transport: Transport
  readonly #client: SparkClient
  readonly #host: string
  readonly #wishes: PageWishes

  constructor(transport: Transport, client: SparkClient, host: string, wishes: PageWishes) {
    this.#transport = transport
    this.#client = client
    this.#host = host
    this.#wishes = wishes
    this.metadata = createSparkMetadata(client)
  }

  async identify(signal: AbortSignal): Promise<SourceIdentity> {
    const path = SYSTEM_PATH
    const { envelope } = await this.#client.succeed(get(path), signal)
    const system = onlyResult(envelope)
    const userId = system?.['Id']
    const mlsId = system?.['MlsId']
    if (typeof userId !== 'string' || typeof mlsId !== 'string') {
      throw unreadable(path, "does not name the key's user (Id) and MLS (MlsId)")
    }
    return { host: this.#host, userId, mlsId }
  }

  walk(request: WalkRequest, signal: AbortSignal): AsyncIterable<SourcePage> {
    return walkPages(this.#client, request, this.#wishes, signal)
  }

  async count(
    { path }: ResourceDescription,
    filter: string,
    signal: AbortSignal,
  ): Promise<number | undefined> {
    const call = get(path, { _pagination: 'count', _filter: filter === '' ? undefined : filter })
    const { outcome } = await this.#client.call(call, signal)
    if (outcome.kind === 'failure') {
      if (isRefusal(outcome.error)) return undefined
      throw outcome.error
    }
    if (outcome.kind === 'not_modified' || outcome.envelope.totalRows === undefined) {
      throw unreadable(path, 'has no Pagination.TotalRows, although it was asked to count')
    }
    return outcome.envelope.totalRows
  }

  async findByKeys(
    resource: ResourceDescription,
    keys: readonly RecordKey[],
    select: WalkRequest['select'],
    signal: AbortSignal,
  ): Promise<KeysAnswer> {
    if (keys.length === 0 || keys.length > MOST_KEYS) {
      throw new InvariantViolation(`${keys.length} keys were asked for at once; 1 to ${MOST_KEYS} can be.`)
    }
    const { path, keyField } = resource
    // With 1 the API shows expansions that no list shows (spark-api.md §2.5).
    const limit = Math.max(SMALLEST_SLICE, keys.length)
    const call = get(path, {
      _limit: String(limit),
      _select: select === 'keys' ? keyField : undefined,
      _expand: select === 'keys' ? undefined : this.#wishes.expand,
      _filter: oneOf(keyField, keys),
    })
    const { outcome, request, serverDate, receivedAt } = await this.#client.call(
      { ...call, holdsRecords: true, largestBody: recordsBodyBytes(limit) },
      signal,
    )
    if (outcome.kind === 'failure') {
      const { error } = outcome
      // Where one record spoils the answer, each is asked for by itself.
      if (error.code === 'SPARK_FILTER_REFUSED' || isRefusal(error) || isUnreadable(error))
        return { kind: 'refused', why: error.message }
      throw error
    }
    const results = outcome.kind === 'success' ? outcome.envelope.results : undefined
    if (results === undefined) throw unreadable(path, 'has no Results')
    const { records, unreadable: bad } = readRecords(resource, results)
    // A row that cannot be read may be one of the keys: its absence from the records would prove nothing (R8).
    if (bad[0] !== undefined) return { kind: 'refused', why: `A row cannot be read: ${bad[0].reason}.` }
    return { kind: 'answered', request, serverDate, receivedAt, records }
  }

  async findOne(resource: ResourceDescription, key: RecordKey, signal: AbortSignal): Promise<OneAnswer> {
    const target = get(`${resource.path}/${encodeURIComponent(key)}`, { _expand: this.#wishes.expand })
    const call: Call = {
      ...target,
      label: `${resource.path}/{Id}`,
      holdsRecords: true,
      largestBody: recordsBodyBytes(1),
    }
    const { outcome, request, serverDate, receivedAt } = await this.#client.call(call, signal)
    if (outcome.kind === 'failure') {
      const { error } = outcome
      if (error.httpStatus === 404 && error.apiCode === 404)
        return { kind: 'gone', request, serverDate, receivedAt }
      if (isAboutOneRecord(error)) return { kind: 'inconclusive', why: error.message }
      if (isUnreadable(error)) {
        const record = await brokenByKey(this.#client, resource, key, error, signal)
        return { kind: 'found', request, serverDate, receivedAt, record }
      }
      throw error
    }
    const body = outcome.kind === 'success' ? onlyResult(outcome.envelope) : undefined
    const record = body === undefined ? undefined : readRecord(resource, body)
    if (record === undefined || !('key' in record) || record.key !== key) {
      return { kind: 'inconclusive', why: `The API answered for ${key} without that record.` }
    }
    return { kind: 'found', request, serverDate, receivedAt, record }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#transport[Symbol.asyncDispose]()
  }
}

/** The API does not take such a request at all, whatever the data; no outage and no lack of rights. */
function isRefusal({ httpStatus, apiCode, code }: SparkApiError): boolean {
  if (code === 'SPARK_METHOD_REFUSED') return true
  const told = httpStatus === 400 || (isSuccessStatus(httpStatus) && apiCode !== undefined)
  return told && (code === 'SPARK_FILTER_REFUSED' || code === 'SPARK_BAD_PARAMETER')
}

/** `D.Code` of a record that the API itself cannot read (spark-api.md §3.3). */
const UNEXPECTED_DATA = 1026

/**
 * R8, R9: an answer that speaks of the one record that was asked for, and not in the form that proves it gone. What speaks
 * of the key, the account, the rate or an outage is about every record, and fails the pass.
 */
function isAboutOneRecord({ httpStatus, apiCode, code }: SparkApiError): boolean {
  if (code === 'SPARK_NOT_PERMITTED' || apiCode === UNEXPECTED_DATA) return true
  // The API's own word, in another form than the documented 404 with Code 404.
  if ((httpStatus === 404 || httpStatus === 410) && apiCode !== undefined) {
    return NO_OUTAGE.has(code) || code === 'SPARK_BAD_RESPONSE'
  }
  if (!isSuccessStatus(httpStatus)) return false
  return NO_OUTAGE.has(code) || (code === 'SPARK_UNAVAILABLE' && apiCode === undefined)
}

const NO_OUTAGE: ReadonlySet<SparkApiError['code']> = new Set([
  'SPARK_NOT_FOUND',
  'SPARK_METHOD_REFUSED',
  'SPARK_FILTER_REFUSED',
  'SPARK_BAD_PARAMETER',
  'SPARK_REFUSED',
] as const)

function isSuccessStatus(status: number | undefined): boolean {
  return status !== undefined && status >= 200 && status < 300
}

function parseApiUrl(text: string): URL {
  const url = URL.parse(text)
  if (
    url === null ||
    !['http:', 'https:'].includes(url.protocol) ||
    url.search !== '' ||
    url.username !== ''
  ) {
    throw settingsError('SPARK_API_URL must be an http or https URL without user, query or fragment.')
  }
  return url
}

function settingsError(message: string): ListingstreamError {
  return new ListingstreamError(message, { code: 'SPARK_SETTINGS', retryable: false, exitCode: 2 })
}
