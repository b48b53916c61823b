/**
 * Judges a feed by its topics alone, read from the beginning, and by what the other side of the wire knows. Shares no code
 * with the rooms that wrote them.
 */
import { compareContent, isSameListing } from './compare-content.ts'
import { checkTransactions } from './check-transactions.ts'
import type { FeedDump, FeedRecord, Finding, IndexedKey, Truth } from './findings.ts'

export interface CheckedFeed {
  readonly dump: FeedDump
  readonly truth: Truth
  /** Undefined if it is not to be compared. */
  readonly index: ReadonlyMap<string, IndexedKey> | undefined
  /** The data topic was made anew before its last generation: what earlier ones wrote is gone with it. */
  readonly topicRecreated: boolean
  /** The index may have forgotten deleted keys (R9). */
  readonly forgetsDeletes: boolean
}

export function checkFeed({
  dump,
  truth,
  index,
  topicRecreated,
  forgetsDeletes,
}: CheckedFeed): readonly Finding[] {
  return [
    ...checkHistories(dump.listings, truth),
    ...checkEnds(dump, truth),
    ...checkLetters(dump, truth),
    ...checkTransactions(dump, topicRecreated, truth),
    ...(index === undefined ? [] : checkIndex(dump, index, forgetsDeletes)),
  ]
}

const upserted = 'ListingUpserted'
const deleted = 'ListingDeleted'

function histories(records: readonly FeedRecord[]): Map<string, FeedRecord[]> {
  const byKey = new Map<string, FeedRecord[]>()
  for (const record of records) byKey.set(record.key, [...(byKey.get(record.key) ?? []), record])
  return byKey
}

/** What may follow what, key by key. */
export function* checkHistories(records: readonly FeedRecord[], truth: Truth): Generator<Finding> {
  const ids = new Set<string>()
  for (const { headers, key, offset, partition } of records) {
    const id = headers['ce_id'] ?? ''
    if (ids.has(id)) {
      yield { column: 'duplicated', what: `${key}: event ${id} again at ${partition}/${offset}` }
    }
    ids.add(id)
  }
  for (const [key, history] of histories(records)) {
    let before: FeedRecord | undefined
    const stamps = new StampOrder(truth.stampsBack.get(key) ?? [])
    for (const record of history) {
      yield* checkStep(key, before, record, truth)
      if (!stamps.follows(record)) {
        const at = `${record.partition}/${record.offset}`
        yield { column: 'out of order', what: `${key}: an older state after a newer one at ${at}` }
      }
      before = record
    }
    if (before?.value?.name === deleted) {
      yield { column: 'torn transaction', what: `${key}: ListingDeleted without a tombstone behind it` }
    }
  }
}

function* checkStep(
  key: string,
  before: FeedRecord | undefined,
  record: FeedRecord,
  truth: Truth,
): Generator<Finding> {
  const at = `${record.partition}/${record.offset}`
  const name = record.value?.name
  if (before !== undefined && before.partition !== record.partition) {
    yield {
      column: 'out of order',
      what: `${key}: in partitions ${before.partition} and ${record.partition}`,
    }
  }
  const isLive = before?.value?.name === upserted
  const justDeleted = before?.value?.name === deleted
  if (name === undefined) {
    if (!justDeleted || before?.offset !== record.offset - 1) {
      yield { column: 'torn transaction', what: `${key}: tombstone without its ListingDeleted at ${at}` }
    }
    return
  }
  if (justDeleted) {
    yield { column: 'torn transaction', what: `${key}: ListingDeleted without a tombstone before ${at}` }
  }
  if (name === deleted) {
    if (!isLive) yield { column: 'duplicated', what: `${key}: deleted again at ${at}` }
    if (!wasHidden(key, record, truth)) {
      yield { column: 'false delete', what: `${key}: deleted at ${at} while the source showed it` }
    }
    return
  }
  if (isLive && before?.headers['digest'] === record.headers['digest']) {
    yield { column: 'duplicated', what: `${key}: the same content again at ${at}` }
  } else if (isLive && before?.value && record.value && isSameListing(before.value, record.value)) {
    yield { column: 'duplicated', what: `${key}: asked for in another way, but the same content at ${at}` }
  }
  const change = String(record.value?.body['change'])
  const allowed = isLive ? ['UPDATED'] : before === undefined ? ['SNAPSHOT', 'CREATED'] : ['RESTORED']
  if (!allowed.includes(change)) {
    yield {
      column: 'out of order',
      what: `${key}: ${change} at ${at} after ${isLive ? 'an upsert' : before === undefined ? 'nothing' : 'a delete'}`,
    }
  }
  if (record.value?.body['listingKey'] !== key) {
    yield { column: 'out of order', what: `${key}: holds another listing at ${at}` }
  }
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
    // Masked at the source, or nothing that can be read as a time.
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

/** The proof's time is the source's `Date`, cut to seconds. */
function wasHidden(key: string, record: FeedRecord, truth: Truth): boolean {
  const deletedAt = Number(record.value?.body['deletedAt'])
  const from = deletedAt - truth.clockSlackMs
  const to = deletedAt + 1_000 + truth.clockSlackMs
  return (truth.hidden.get(key) ?? []).some((hidden) => hidden.from <= to && hidden.to >= from)
}

/** After a complete purge of a market that stands still, the topic says what the source says. */
function* checkEnds({ listings: records, letters }: FeedDump, truth: Truth): Generator<Finding> {
  const last = new Map(records.map((record) => [record.key, record]))
  const lettered = new Set(letters.map(({ key }) => key))
  for (const [key, source] of truth.listings) {
    if (truth.unreadable.has(key) && (lettered.has(key) || lettered.has(''))) continue
    const value = last.get(key)?.value
    if (value?.name !== upserted) {
      yield { column: 'lost', what: `${key}: ${value === undefined ? 'never published' : 'not live'}` }
      continue
    }
    for (const difference of compareContent(source, value)) {
      yield { column: 'lost', what: `${key}: ${difference}` }
    }
  }
  for (const [key, { value }] of last) {
    if (value?.name === upserted && !truth.listings.has(key)) {
      yield { column: 'missing delete', what: `${key}: the source no longer shows it` }
    }
  }
}

/** A letter waits only for what nobody can read. */
function* checkLetters({ letters }: FeedDump, truth: Truth): Generator<Finding> {
  for (const { key, reason } of letters) {
    const mayBe = key === '' ? truth.hadUnreadable : truth.unreadable.has(key)
    if (!mayBe) yield { column: 'dead letter', what: `${key}: a letter, although it can be read (${reason})` }
  }
}

const LIVE = 0
const DELETED = 1
const DEAD_LETTERED = 2

/** Key for key: state, digest, schema and place of the last record. */
function* checkIndex(
  { listings: records, letters }: FeedDump,
  index: ReadonlyMap<string, IndexedKey>,
  forgetsDeletes: boolean,
): Generator<Finding> {
  const lettered = new Set(letters.map(({ key }) => key))
  const last = new Map(records.map((record) => [record.key, record]))
  for (const [key, record] of last) {
    const isLive = record.value?.name === upserted
    const expected: { -readonly [Name in keyof IndexedKey]: IndexedKey[Name] } = {
      state: isLive ? LIVE : DELETED,
      digest: record.headers['digest'] ?? '',
      schemaId: isLive ? (record.value?.schemaId ?? 0) : 0,
      partition: record.partition,
      offset: record.offset,
    }
    const entry = index.get(key)
    if (entry?.state === DEAD_LETTERED && lettered.has(key)) {
      // Its digest is that of the letter; the place is still that of what was published before.
      const { digest, schemaId } = entry
      Object.assign(expected, { state: DEAD_LETTERED, digest, ...(isLive ? {} : { schemaId }) })
    }
    if (entry === undefined && !isLive && forgetsDeletes) continue
    if (JSON.stringify(entry) !== JSON.stringify(expected)) {
      yield {
        column: 'index differs',
        what: `${key}: the topic says ${JSON.stringify(expected)}, the index ${JSON.stringify(entry) ?? 'nothing'}`,
      }
    }
  }
  for (const [key, { state }] of index) {
    const isLetter = state === DEAD_LETTERED && lettered.has(key)
    if (!last.has(key) && !isLetter) yield { column: 'index differs', what: `${key}: only in the index` }
  }
}
