/** The port `Source` on one key of the Spark API. */
import type { SourceIdentity } from '../domain/pass.ts'
import type { RecordKey } from '../domain/record-key.ts'
import type { RequestPurpose } from '../domain/request-purpose.ts'
import type { ListedResource } from '../domain/resource.ts'
import { allOf } from '../domain/sparkql.ts'
import type { SetsWay } from '../domain/sets-way.ts'
import type {
  KeysAnswer,
  OneAnswer,
  QuestionRange,
  Selection,
  Source,
  SourcePage,
  WalkRequest,
  SetAnswer,
  SetsRequest,
} from '../replication/ports.ts'
import { InvariantViolation, ListingstreamError } from '../support/errors.ts'
import type { Call } from './answer.ts'
import { onlyResult } from './envelope.ts'
import { recordsBodyBytes } from './body-limits.ts'
import { brokenByKey, SMALLEST_SLICE } from './broken-rows.ts'
import { get, oneOf } from './query.ts'
import { readRecord, readRecords, selected, wholeRecords } from './records.ts'
import { unreadable, type Refused, type SparkApiError } from './spark-api-error.ts'
import { SparkClient, SYSTEM_PATH, type RetryOptions, type SparkClientOptions } from './spark-client.ts'
import { SparkSets } from './sets.ts'
import { createSparkMetadata, type SparkMetadata } from './spark-metadata.ts'
import { isUnreadable } from './unreadable-page.ts'
import { walkPages } from './walk.ts'

/** SparkQL's limit for a list of values (docs/spark-api.md §2.7). */
const MOST_KEYS = 200

export interface SparkSourceOptions extends Omit<SparkClientOptions, 'retry'> {
  /** `_limit` of walks; a resource's own maximum goes before it. */
  readonly pageLimit: number
  readonly setsWay: SetsWay
  /** @default 8 attempts, from 1 s, at most 60 s */
  readonly retry?: RetryOptions
}

export interface SparkSource extends Source {
  readonly metadata: SparkMetadata
}

const DEFAULT_RETRY: RetryOptions = { attempts: 8, baseMs: 1_000, capMs: 60_000 }

/**
 * Sends nothing yet.
 *
 * @throws {ListingstreamError} `SPARK_SETTINGS`, exit code 2, if the token cannot be used.
 */
export function createSparkSource({ retry = DEFAULT_RETRY, ...options }: SparkSourceOptions): SparkSource {
  if (!/^[\x21-\x7e]+$/.test(options.accessToken.reveal())) {
    throw new ListingstreamError('SPARK_ACCESS_TOKEN is empty or has characters that no token has.', {
      code: 'SPARK_SETTINGS',
      retryable: false,
      disposition: 'stop',
      exitCode: 2,
    })
  }
  const { transport, pageLimit, setsWay } = options
  return new HttpSource(new SparkClient({ ...options, retry }), transport.host, pageLimit, setsWay)
}

class HttpSource implements SparkSource {
  readonly metadata: SparkMetadata
  readonly #client: SparkClient
  readonly #host: string
  readonly #pageLimit: number
  readonly #sets: SparkSets

  constructor(client: SparkClient, host: string, pageLimit: number, setsWay: SetsWay) {
    this.#client = client
    this.#sets = new SparkSets(client, setsWay)
    this.#host = host
    this.#pageLimit = pageLimit
    this.metadata = createSparkMetadata(client)
  }

  async identify(purpose: RequestPurpose, signal: AbortSignal): Promise<SourceIdentity> {
    const path = SYSTEM_PATH
    const { envelope } = await this.#client.succeed(get(purpose, path), signal)
    const system = onlyResult(envelope)
    const userId = system?.['Id']
    const mlsId = system?.['MlsId']
    if (typeof userId !== 'string' || typeof mlsId !== 'string') {
      throw unreadable(path, "does not name the key's user (Id) and MLS (MlsId)", {
        doubt: 'no_identity',
      })
    }
    return { host: this.#host, userId, mlsId }
  }

  walk(request: WalkRequest, signal: AbortSignal): AsyncIterable<SourcePage> {
    return walkPages(this.#client, request, this.#pageLimit, signal)
  }

  async count(
    { path }: ListedResource,
    filter: string,
    purpose: RequestPurpose,
    signal: AbortSignal,
  ): Promise<number | undefined> {
    const call = get(purpose, path, { _pagination: 'count', _filter: filter === '' ? undefined : filter })
    const { outcome } = await this.#client.call(call, signal)
    if (outcome.kind === 'failure') {
      if (isRefusal(outcome.error)) return undefined
      throw outcome.error
    }
    if (outcome.kind === 'not_modified' || outcome.envelope.totalRows === undefined) {
      throw unreadable(path, 'has no Pagination.TotalRows, although it was asked to count', {
        doubt: 'no_total',
      })
    }
    return outcome.envelope.totalRows
  }

  sets(request: SetsRequest, signal: AbortSignal): AsyncIterable<SetAnswer> {
    return this.#sets.read(request, signal)
  }

  async findByKeys(
    resource: ListedResource,
    keys: readonly RecordKey[],
    select: Exclude<Selection, 'versions'>,
    within: QuestionRange,
    signal: AbortSignal,
  ): Promise<KeysAnswer> {
    if (keys.length === 0 || keys.length > MOST_KEYS) {
      throw new InvariantViolation(`${keys.length} keys were asked for at once; 1 to ${MOST_KEYS} can be.`)
    }
    const { path, keyField } = resource
    // With 1 the API shows expansions that no list shows (docs/spark-api.md §2.5).
    const limit = Math.max(SMALLEST_SLICE, keys.length)
    const call = get('question', path, {
      _limit: String(limit),
      ...selected(resource, select),
      _filter: allOf(within === 'scope' ? resource.scope.filter : '', oneOf(keyField, keys)),
    })
    const { outcome, request, serverDate, receivedAt } = await this.#client.call(
      { ...call, holdsRecords: true, largestBody: recordsBodyBytes(limit) },
      signal,
    )
    if (outcome.kind === 'failure') {
      const { error } = outcome
      const { message: why } = error
      if (error.refuses === 'filter' || isRefusal(error)) return { kind: 'refused', why }
      if (isUnreadable(error) || error.apiCode === UNEXPECTED_DATA) return { kind: 'spoiled', why }
      throw error
    }
    const results = outcome.kind === 'success' ? outcome.envelope.results : undefined
    if (results === undefined) throw unreadable(path, 'has no Results', { doubt: 'no_results' })
    const { records, unreadable: bad } = readRecords(resource, results)
    // A row that cannot be read may be one of the keys: its absence from the records would prove nothing (R8).
    if (bad[0] !== undefined) return { kind: 'refused', why: `A row cannot be read: ${bad[0].reason}.` }
    return { kind: 'answered', request, serverDate, receivedAt, records }
  }

  async findOne(resource: ListedResource, key: RecordKey, signal: AbortSignal): Promise<OneAnswer> {
    const target = get('question', `${resource.path}/${encodeURIComponent(key)}`, wholeRecords(resource))
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
}

/** The API does not take such a request at all, whatever the data; no outage and no lack of rights. */
function isRefusal({ httpStatus, apiCode, refuses }: SparkApiError): boolean {
  if (refuses === 'method') return true
  const told = httpStatus === 400 || (isSuccessStatus(httpStatus) && apiCode !== undefined)
  return told && (refuses === 'filter' || refuses === 'parameter')
}

/** `D.Code` of a record that the API itself cannot read (docs/spark-api.md §3.3). */
const UNEXPECTED_DATA = 1026

/**
 * R8, R9: an answer that speaks of the one record that was asked for, and not in the form that proves it gone. What speaks
 * of the key, the account, the rate or an outage is about every record, and fails the pass.
 */
function isAboutOneRecord({ httpStatus, apiCode, refuses, garbled }: SparkApiError): boolean {
  if (refuses === 'right' || apiCode === UNEXPECTED_DATA) return true
  const isNoOutage = refuses !== null && ABOUT_THE_REQUEST.has(refuses)
  // The API's own word, in another form than the documented 404 with Code 404.
  if ((httpStatus === 404 || httpStatus === 410) && apiCode !== undefined) return isNoOutage || garbled
  if (!isSuccessStatus(httpStatus)) return false
  const saysNothing = refuses === null && apiCode === undefined && !garbled
  return isNoOutage || saysNothing
}

const ABOUT_THE_REQUEST: ReadonlySet<Refused> = new Set([
  'record',
  'method',
  'filter',
  'parameter',
  'request',
])

function isSuccessStatus(status: number | undefined): boolean {
  return status !== undefined && status >= 200 && status < 300
}
