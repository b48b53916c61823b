/**
 * Judges a feed by its topics alone, read from the beginning, and by what the other side of the wire knows. Shares no code
 * with the rooms that wrote them.
 */
import { checkCertificates } from './check-certificates.ts'
import { checkHistories } from './check-histories.ts'
import { checkHolds } from './check-holds.ts'
import { checkSetsAtEnd, checkSetsInTime } from './check-sets.ts'
import { checkRowsAtEnd, checkRowsInTime } from './check-rows.ts'
import { checkTransactions } from './check-transactions.ts'
import { compareContent } from './compare-content.ts'
import {
  recordsOf,
  type FeedDump,
  type Finding,
  type IndexedKey,
  type Letter,
  type Truth,
} from './findings.ts'
import type { JudgedResource } from './judged-resources.ts'
import { transactionsOf } from './transactions.ts'

export interface CheckedFeed {
  /** What it replicates: listings first, and sets, which are theirs. */
  readonly resources: readonly [JudgedResource, ...JudgedResource[]]
  readonly dump: FeedDump
  readonly truth: Truth
  /** By resource and key; undefined if it is not to be compared. */
  readonly index: ReadonlyMap<string, ReadonlyMap<string, IndexedKey>> | undefined
  /** The data topic that was made anew before its last generation: what earlier ones wrote is gone with it. */
  readonly recreated: string | undefined
  /** The same of a topic of rows, by the resource: offsets in earlier checkpoints are of another one. */
  readonly recreatedRows: string | undefined
  /** The index may have forgotten deleted keys (R9). */
  readonly forgetsDeletes: boolean
}

export function checkFeed(feed: CheckedFeed): readonly Finding[] {
  const { resources, dump, truth, recreated, recreatedRows } = feed
  const [listings] = resources
  const transactions = transactionsOf(dump, resources, recreated)
  return [
    ...resources.flatMap((resource) => [...checkResource(resource, feed)]),
    ...resources
      .filter(({ set }) => set !== undefined)
      .flatMap((set) => [
        ...checkSetsInTime(set, listings, transactions),
        ...checkSetsAtEnd(set, listings, dump, truth),
      ]),
    ...resources.flatMap((resource) => [
      ...(resource.name === recreatedRows ? [] : checkRowsInTime(resource, transactions)),
      ...checkRowsAtEnd(resource, dump, transactions),
    ]),
    ...checkTransactions(resources, dump, transactions, truth),
    ...checkHolds(listings, dump, transactions, truth.guarded),
    ...checkCertificates(resources, dump, transactions),
  ]
}

function* checkResource(
  resource: JudgedResource,
  { dump, truth, index, forgetsDeletes }: CheckedFeed,
): Generator<Finding> {
  const letters = dump.letters.filter(({ topic }) => topic === resource.name)
  yield* checkHistories(resource, dump, truth)
  if (resource.set === undefined) yield* checkEnds(resource, letters, dump, truth)
  yield* checkLetters(letters, truth)
  if (index !== undefined) {
    yield* checkIndex(resource, letters, dump, index.get(resource.name) ?? new Map(), forgetsDeletes)
  }
}

/** After complete passes over a market that stands still, the topic says what the source says. */
function* checkEnds(
  resource: JudgedResource,
  letters: readonly Letter[],
  dump: FeedDump,
  truth: Truth,
): Generator<Finding> {
  const { name, upserted } = resource
  const last = new Map(recordsOf(dump, resource).map((record) => [record.key, record]))
  const lettered = new Set(letters.map(({ key }) => key))
  const shown = truth.shown.get(name) ?? new Map<string, never>()
  for (const [key, source] of shown) {
    if (truth.unreadable.has(key) && (lettered.has(key) || lettered.has(''))) continue
    const value = last.get(key)?.value
    if (value?.name !== upserted) {
      yield {
        column: 'lost',
        what: `${name} ${key}: ${value === undefined ? 'never published' : 'not live'}`,
      }
      continue
    }
    for (const difference of compareContent(resource, source, value)) {
      yield { column: 'lost', what: `${name} ${key}: ${difference}` }
    }
  }
  for (const [key, { value }] of last) {
    if (value?.name === upserted && !shown.has(key)) {
      yield { column: 'missing delete', what: `${name} ${key}: the source no longer shows it` }
    }
  }
}

/** A letter waits only for what nobody can read. */
function* checkLetters(letters: readonly Letter[], truth: Truth): Generator<Finding> {
  for (const { topic, key, reason } of letters) {
    const mayBe = key === '' ? truth.hadUnreadable : truth.unreadable.has(key)
    if (!mayBe) {
      const what = `${topic} ${key}: a letter, although it can be read (${reason})`
      yield { column: 'dead letter', what }
    }
  }
}

const LIVE = 0
const DELETED = 1
const DEAD_LETTERED = 2

/** Key for key: state, digest, schema and place of the last record. */
function* checkIndex(
  resource: JudgedResource,
  letters: readonly Letter[],
  dump: FeedDump,
  index: ReadonlyMap<string, IndexedKey>,
  forgetsDeletes: boolean,
): Generator<Finding> {
  const lettered = new Set(letters.map(({ key }) => key))
  const { name, upserted } = resource
  const last = new Map(recordsOf(dump, resource).map((record) => [record.key, record]))
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
        what: `${name} ${key}: the topic says ${JSON.stringify(expected)}, the index ${JSON.stringify(entry) ?? 'nothing'}`,
      }
    }
  }
  for (const [key, { state }] of index) {
    const isLetter = state === DEAD_LETTERED && lettered.has(key)
    if (!last.has(key) && !isLetter)
      yield { column: 'index differs', what: `${name} ${key}: only in the index` }
  }
}
