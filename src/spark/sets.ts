/** Sets of parts of records: one request for each, or many in one list by `_expand` (docs/spark-api.md §1.3, §2.5). */
import { pMapIterable } from 'p-map'

import { isJsonObject, type JsonObject, type JsonValue } from '../domain/json.ts'
import type { RecordKey } from '../domain/record-key.ts'
import { EXPAND_FROM, SETS_IN_A_LIST, type SetsWay } from '../domain/sets-way.ts'
import type { SetAnswer, SetsRequest } from '../replication/ports.ts'
import { slices } from '../support/slices.ts'
import type { Call } from './answer.ts'
import { recordsBodyBytes } from './body-limits.ts'
import { get, oneOf } from './query.ts'
import { readRecords } from './records.ts'
import { unreadable, type SparkApiError } from './spark-api-error.ts'
import type { Exchange, SparkClient } from './spark-client.ts'

const REQUESTS_AT_ONCE = 4
/** A set that cannot be read holds up nothing else: it is asked for again later. */
const ATTEMPTS = 3

/** Of one request: what it said, and what has to be asked for one by one. */
interface Listed {
  readonly answers: readonly SetAnswer[]
  readonly rest: readonly RecordKey[]
}

export class SparkSets {
  readonly #client: SparkClient
  readonly #way: SetsWay

  constructor(client: SparkClient, way: SetsWay) {
    this.#client = client
    this.#way = way
  }

  /** @throws {SparkApiError} for what is no single set's trouble */
  async *read(request: SetsRequest, signal: AbortSignal): AsyncGenerator<SetAnswer, void, undefined> {
    const { keys } = request
    const isExpanded = this.#way === 'expand' || (this.#way === 'auto' && keys.length >= EXPAND_FROM)
    let singles = keys
    if (isExpanded) {
      const rest: RecordKey[] = []
      for await (const listed of this.#atOnce(slices(keys, SETS_IN_A_LIST), signal, (some, within) =>
        this.#list(request, some, within),
      )) {
        yield* listed.answers
        rest.push(...listed.rest)
      }
      singles = rest
    }
    yield* this.#atOnce(singles, signal, (key, within) => this.#one(request, key, within))
  }

  /** A few requests at a time; those under way end with the first failure, or when nobody reads on. */
  async *#atOnce<T, R>(
    items: Iterable<T>,
    signal: AbortSignal,
    ask: (item: T, signal: AbortSignal) => Promise<Awaited<R>>,
  ): AsyncGenerator<Awaited<R>, void, undefined> {
    const stop = new AbortController()
    const either = AbortSignal.any([signal, stop.signal])
    const options = { concurrency: REQUESTS_AT_ONCE, backpressure: REQUESTS_AT_ONCE }
    try {
      yield* pMapIterable(items, (item) => ask(item, either), options)
    } finally {
      stop.abort()
    }
  }

  async #one({ parent, set, purpose }: SetsRequest, key: RecordKey, signal: AbortSignal): Promise<SetAnswer> {
    const { path } = parent
    const call: Call = {
      ...get(purpose, `${path}/${encodeURIComponent(key)}/${set.part}`),
      label: `${path}/{Id}/${set.part}`,
      holdsRecords: true,
      largestBody: recordsBodyBytes(1),
      attempts: ATTEMPTS,
    }
    const { outcome, ...exchange } = await this.#client.call(call, signal)
    if (outcome.kind === 'failure') return failed(key, outcome.error)
    const envelope = outcome.kind === 'success' ? outcome.envelope : undefined
    const { results, totalRows = 0 } = envelope ?? {}
    if (results === undefined) return failed(key, unreadable(call.label ?? path, 'has no Results'))
    // Whether large sets come in pages is not known (docs/spark-api.md §4.5): a part of one is none.
    if (results.length < totalRows) {
      return failed(key, unreadable(call.label ?? path, `has ${results.length} rows of ${totalRows}`))
    }
    return found(key, exchange, results)
  }

  /**
   * What a list does not say is asked for one by one, which tells whose trouble it is: an expansion that the source does not
   * know, does not give to the key, or not for many, is silent.
   */
  async #list(
    { parent, set, purpose }: SetsRequest,
    keys: readonly RecordKey[],
    signal: AbortSignal,
  ): Promise<Listed> {
    const call: Call = {
      ...get(purpose, parent.path, {
        // With 1 the API shows expansions that no list shows (docs/spark-api.md §2.5).
        _limit: String(Math.max(2, keys.length)),
        _expand: set.expansion,
        _filter: oneOf(parent.keyField, keys),
      }),
      holdsRecords: true,
      largestBody: recordsBodyBytes(keys.length),
      attempts: ATTEMPTS,
    }
    const { outcome, ...exchange } = await this.#client.call(call, signal)
    if (outcome.kind === 'failure' && isAboutAll(outcome.error)) throw outcome.error
    const results = outcome.kind === 'success' ? outcome.envelope.results : undefined
    if (results === undefined) return { answers: [], rest: keys }
    const { records } = readRecords(parent, results)
    const rows = records.map(({ key, mlsId, body }) => ({ key, mlsId, parts: partsOf(body, set.expansion) }))
    const expanded = new Set(rows.filter(({ parts = [] }) => parts.length > 0).map(({ mlsId }) => mlsId))
    // A record that is not expanded has an empty list, too (docs/spark-api.md §4.1); each MLS gives its own rights.
    const said = new Map(
      rows.flatMap(({ key, mlsId, parts }) =>
        parts !== undefined && (parts.length > 0 || expanded.has(mlsId)) ? [[key, parts] as const] : [],
      ),
    )
    const answers = keys.flatMap((key) => {
      const parts = said.get(key)
      return parts === undefined ? [] : [found(key, exchange, parts)]
    })
    return { answers, rest: keys.filter((key) => !said.has(key)) }
  }
}

/** Inside `StandardFields`, or beside them (docs/spark-api.md §4.1). */
function partsOf(body: JsonObject, expansion: string): readonly JsonValue[] | undefined {
  const fields = body['StandardFields']
  const inside = isJsonObject(fields) ? fields[expansion] : undefined
  const parts = inside ?? body[expansion]
  return Array.isArray(parts) ? parts : undefined
}

function found(
  key: RecordKey,
  { request, serverDate, receivedAt }: Omit<Exchange, 'outcome'>,
  parts: readonly JsonValue[],
): SetAnswer {
  return { kind: 'found', key, request, serverDate, receivedAt, parts: parts.map(withoutUri) }
}

/** Its own address, which a list writes in another way than the part's own service (docs/spark-api.md §4.5). */
function withoutUri(part: JsonValue): JsonValue {
  if (!isJsonObject(part)) return part
  const { ResourceUri: uri, ...rest } = part
  const isOwn = typeof uri === 'string' && typeof part['Id'] === 'string' && uri.endsWith(`/${part['Id']}`)
  return isOwn ? rest : part
}

function failed(key: RecordKey, error: SparkApiError): SetAnswer {
  if (isAboutAll(error)) throw error
  if (error.httpStatus === 404 && error.apiCode === 404) return { kind: 'missing', key }
  return { kind: error.refuses === 'right' ? 'refused' : 'failed', key, error }
}

/** R8: what speaks of the key or of the rate is about every request. An outage shows by failing again and again. */
function isAboutAll({ refuses, code }: SparkApiError): boolean {
  return refuses === 'token' || refuses === 'key' || refuses === 'endpoint' || code === 'SPARK_RATE_LIMITED'
}
