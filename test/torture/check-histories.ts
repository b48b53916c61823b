/** What may follow what in a topic, key by key. */
import { isSameContent } from './compare-content.ts'
import { recordsOf, type FeedDump, type FeedRecord, type Finding, type Truth } from './findings.ts'
import { LISTS, type JudgedResource } from './judged-resources.ts'

const [LISTINGS] = LISTS

export function* checkHistories(
  resource: JudgedResource,
  dump: Pick<FeedDump, 'data'>,
  truth: Truth,
): Generator<Finding> {
  const records = recordsOf(dump, resource)
  yield* checkIds(records)
  for (const [key, history] of histories(records)) {
    const setBack = resource === LISTINGS ? (truth.stampsBack.get(key) ?? []) : []
    const stamps = new StampOrder(setBack)
    let before: FeedRecord | undefined
    for (const record of history) {
      const name = `${resource.name} ${key}`
      yield* checkStep(resource, name, before, record)
      yield* checkMark(resource, name, record)
      if (isFalse(resource, record, truth)) {
        yield {
          column: 'false delete',
          what: `${name}: deleted at ${placeOf(record)} while the source showed it`,
        }
      }
      if (!stamps.follows(record)) {
        yield {
          column: 'out of order',
          what: `${name}: an older state after a newer one at ${placeOf(record)}`,
        }
      }
      before = record
    }
    if (before?.value && before.value.name === resource.deleted) {
      yield { column: 'torn transaction', what: `${key}: ${resource.deleted} without a tombstone behind it` }
    }
  }
}

function* checkIds(records: readonly FeedRecord[]): Generator<Finding> {
  const ids = new Set<string>()
  for (const record of records) {
    const id = record.headers['ce_id'] ?? ''
    if (ids.has(id)) {
      yield { column: 'duplicated', what: `${record.key}: event ${id} again at ${placeOf(record)}` }
    }
    ids.add(id)
  }
}

function histories(records: readonly FeedRecord[]): Map<string, FeedRecord[]> {
  const byKey = new Map<string, FeedRecord[]>()
  for (const record of records) {
    const history = byKey.get(record.key) ?? []
    history.push(record)
    byKey.set(record.key, history)
  }
  return byKey
}

function placeOf({ partition, offset }: FeedRecord): string {
  return `${partition}/${offset}`
}

function* checkStep(
  resource: JudgedResource,
  key: string,
  before: FeedRecord | undefined,
  record: FeedRecord,
): Generator<Finding> {
  const { upserted, deleted } = resource
  const at = placeOf(record)
  const name = record.value?.name
  if (before !== undefined && before.partition !== record.partition) {
    const partitions = `${before.partition} and ${record.partition}`
    yield { column: 'out of order', what: `${key}: in partitions ${partitions}` }
  }
  const isLive = before?.value?.name === upserted
  const justDeleted = deleted !== undefined && before?.value?.name === deleted
  if (name === undefined && deleted === undefined) {
    if (!isLive) yield { column: 'duplicated', what: `${key}: deleted again at ${at}` }
    return
  }
  if (name === undefined) {
    if (!justDeleted || before.offset !== record.offset - 1) {
      yield { column: 'torn transaction', what: `${key}: tombstone without its ${deleted} at ${at}` }
    }
    return
  }
  if (justDeleted) {
    yield { column: 'torn transaction', what: `${key}: ${deleted} without a tombstone before ${at}` }
  }
  if (name === deleted) {
    if (!isLive) yield { column: 'duplicated', what: `${key}: deleted again at ${at}` }
    return
  }
  yield* checkUpsert(resource, key, before, record)
}

/** What stock tools tell a delete by. */
function* checkMark({ deleted }: JudgedResource, key: string, record: FeedRecord): Generator<Finding> {
  const isDelete = deleted !== undefined && record.value?.name === deleted
  const mark = record.headers['deleted']
  if (mark === (isDelete ? 'true' : undefined)) return
  const what = `${key}: ${record.value?.name ?? 'a tombstone'} has the header deleted=${mark} at ${placeOf(record)}`
  yield { column: 'wrong header', what }
}

function* checkUpsert(
  resource: JudgedResource,
  key: string,
  before: FeedRecord | undefined,
  record: FeedRecord,
): Generator<Finding> {
  const at = placeOf(record)
  const live = before?.value?.name === resource.upserted ? before : undefined
  if (live && live.headers['digest'] === record.headers['digest']) {
    yield { column: 'duplicated', what: `${key}: the same content again at ${at}` }
  } else if (live?.value && record.value && isSameContent(resource, live.value, record.value)) {
    yield { column: 'duplicated', what: `${key}: asked for in another way, but the same content at ${at}` }
  }
  const [after, allowed] = live
    ? ['an upsert', ['UPDATED']]
    : before === undefined
      ? ['nothing', ['SNAPSHOT', 'CREATED']]
      : ['a delete', ['RESTORED']]
  const change = String(record.value?.body['change'])
  if (!allowed.includes(change)) {
    yield { column: 'out of order', what: `${key}: ${change} at ${at} after ${after}` }
  }
  if (record.value?.body[resource.key] !== record.key) {
    yield { column: 'out of order', what: `${key}: holds another record at ${at}` }
  }
}

/** A delete of what was in view. The proof's time is the source's `Date`, cut to seconds. */
function isFalse({ name, deleted }: JudgedResource, { key, value }: FeedRecord, truth: Truth): boolean {
  if (deleted === undefined || value?.name !== deleted) return false
  const deletedAt = Number(value.body['deletedAt'])
  const from = deletedAt - truth.clockSlackMs
  const to = deletedAt + 1_000 + truth.clockSlackMs
  const hidden = truth.hidden.get(name)?.get(key) ?? []
  return !hidden.some((interval) => interval.from <= to && interval.to >= from)
}

/** A key's stamps rise, but for those that the source itself set back, each of which may come once and in their order. */
class StampOrder {
  readonly #setBack: readonly number[]
  #next = 0
  #latest = -Infinity

  constructor(setBack: readonly number[]) {
    this.#setBack = setBack
  }

  follows({ headers }: FeedRecord): boolean {
    const text = headers['modification-timestamp'] ?? ''
    // Masked at the source, nothing that can be read as a time, or of what has none.
    if (text === '') return true
    const stamp = Number(text)
    const isBack = stamp < this.#latest
    this.#latest = stamp
    if (!isBack) return true
    const at = this.#setBack.indexOf(stamp, this.#next)
    if (at === -1) return false
    this.#next = at + 1
    return true
  }
}
