/** Rows that spoil each page that holds them, one by one (R12). */
import type { RecordKey } from '../domain/record-key.ts'
import type { ListedResource } from '../domain/resource.ts'
import type { BrokenRecord, SourceRecord } from '../domain/source-record.ts'
import type { WalkRequest } from '../replication/ports.ts'
import { recordsBodyBytes } from './body-limits.ts'
import { get, oneOf } from './query.ts'
import { keyAndStamp, readRecord, wholeRecords } from './records.ts'
import { SparkApiError, unreadable } from './spark-api-error.ts'
import type { Call } from './answer.ts'
import type { SparkClient, Success } from './spark-client.ts'
import { isUnreadable, OversizedAnswer, UnreadablePage } from './unreadable-page.ts'

/** `_limit=1` would show expansions that no list shows (docs/spark-api.md §2.5). */
export const SMALLEST_SLICE = 2

/**
 * The page that `failure` is about, smallest as it is: its keys and its end by themselves, then each of its records alone.
 * What cannot be read even so is a record that says why.
 */
export async function readRowByRow(
  client: SparkClient,
  walk: WalkRequest,
  limit: number,
  failure: SparkApiError,
  signal: AbortSignal,
): Promise<Success> {
  const keys = await keysOfPage(client, walk, limit, failure, signal)
  const rows = keys.rows
  if (rows === undefined || walk.select !== 'everything') return keys
  const records: SourceRecord[] = []
  for (const row of rows.records) {
    const record = await readAlone(client, walk, row, failure, signal)
    if (record !== undefined) records.push(record)
  }
  return { ...keys, rows: { records, unreadable: rows.unreadable } }
}

/** What breaks the page may be the stamp. */
async function keysOfPage(
  client: SparkClient,
  { resource, filter, select, token, purpose }: WalkRequest,
  limit: number,
  failure: SparkApiError,
  signal: AbortSignal,
): Promise<Success> {
  const { keyField, path } = resource
  const selections = select === 'everything' ? [...new Set([keyAndStamp(resource), keyField])] : [keyField]
  for (const selection of selections) {
    const call = get(purpose, path, {
      _limit: String(limit),
      _select: selection,
      _filter: filter === '' ? undefined : filter,
      _skiptoken: token,
    })
    try {
      const largestBody = recordsBodyBytes(limit)
      return await client.succeed({ ...call, pageOf: resource, ofKeys: true, largestBody }, signal)
    } catch (error) {
      if (!(error instanceof SparkApiError) || !isUnreadable(error)) throw error
    }
  }
  throw unreadable(path, 'cannot be read, and neither can the key of the record that spoils it', {
    cause: failure,
  })
}

/** Undefined: the source no longer shows it. */
async function readAlone(
  client: SparkClient,
  { resource, purpose }: WalkRequest,
  row: SourceRecord,
  failure: SparkApiError,
  signal: AbortSignal,
): Promise<SourceRecord | undefined> {
  const { key } = row
  const { path, keyField } = resource
  const whole = wholeRecords(resource)
  const listed = get(purpose, path, {
    _limit: String(SMALLEST_SLICE),
    ...whole,
    _filter: oneOf(keyField, [key]),
  })
  const byId = get(purpose, `${path}/${encodeURIComponent(key)}`, whole)
  const calls: readonly Call[] = [listed, { ...byId, label: `${path}/{Id}` }]
  let unread = failure
  for (const call of calls) {
    const largestBody = recordsBodyBytes(1)
    const { outcome } = await client.call({ ...call, pageOf: resource, largestBody }, signal)
    if (outcome.kind === 'success') return outcome.rows?.records.find((record) => record.key === key)
    if (outcome.kind === 'not_modified') continue
    const { error } = outcome
    if (isUnreadable(error)) {
      // A list may show others, too, if it drops the filter: only the record's own address proves that it is this one.
      if (call !== listed) return brokenRecord(row, error)
      unread = error
      continue
    }
    if (error.httpStatus === 404 && error.apiCode === 404) return undefined
    if (!isRefused(error)) throw error
  }
  return brokenRecord(row, unread)
}

/** This form of the question is not taken, or not for this record. */
function isRefused({ httpStatus, refuses }: SparkApiError): boolean {
  return httpStatus === 400 || refuses === 'filter' || refuses === 'method' || refuses === 'right'
}

/**
 * A record that was shown and cannot be read. `row`: what is known of it. @throws {SparkApiError} if the answer was not
 * about it, or if it is our own reading that failed.
 */
function brokenRecord(row: SourceRecord, error: SparkApiError): SourceRecord {
  if (error instanceof OversizedAnswer) {
    const reason = `The API's answer with this record alone is too long. ${error.message}`
    return withReason(row, { reason, bytes: undefined })
  }
  const bytes = error instanceof UnreadablePage ? error.bytes : undefined
  if (bytes === undefined || !Buffer.from(bytes).includes(row.key)) {
    throw unreadable(error.path, 'cannot be read', { cause: error })
  }
  return withReason(row, { reason: "The API's answer with this record alone is not JSON.", bytes })
}

/** What is known of it, without any content that was made of that. */
function withReason(row: SourceRecord, broken: BrokenRecord): SourceRecord {
  const { key, modificationTimestamp, mlsId, changeStamps, body } = row
  return { key, modificationTimestamp, mlsId, changeStamps, body, broken }
}

/** The same of a record that was asked for at its own address: its stamp is asked for there by itself. */
export async function brokenByKey(
  client: SparkClient,
  resource: ListedResource,
  key: RecordKey,
  error: SparkApiError,
  signal: AbortSignal,
): Promise<SourceRecord> {
  const { path } = resource
  const target = get('question', `${path}/${encodeURIComponent(key)}`, { _select: keyAndStamp(resource) })
  const { outcome } = await client.call({ ...target, label: `${path}/{Id}`, pageOf: resource }, signal)
  const shown = outcome.kind === 'success' ? outcome.rows?.records : undefined
  const row = shown?.find((record) => record.key === key) ?? readRecord(resource, { Id: key })
  if (!('key' in row)) throw unreadable(path, 'cannot be read', { cause: error })
  return brokenRecord(row, error)
}
