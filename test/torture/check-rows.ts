/** Rows against the events that they follow: transaction by transaction, and what they say in the end. */
import { recordsOf, type Decoded, type FeedDump, type FeedRecord, type Finding } from './findings.ts'
import type { JudgedResource } from './judged-resources.ts'
import { rowDifferences } from './compare-row.ts'
import type { FeedTransaction } from './transactions.ts'

/** Where rows are kept, a transaction has a row for each upsert and a tombstone for each delete, and nothing else (R1). */
export function* checkRowsInTime(
  resource: JudgedResource,
  transactions: readonly FeedTransaction[],
): Generator<Finding> {
  const last = new Map<string, FeedRecord>()
  for (const { checkpoint, records, rows, gone } of transactions) {
    if (gone !== undefined) continue
    const events = (records.get(resource.name) ?? []).filter(
      ({ value }) => value?.name !== (resource.deleted ?? ''),
    )
    for (const event of events) last.set(event.key, event)
    const written = rows.get(resource.name) ?? []
    for (const row of written)
      yield* checkRow(resource, row, last.get(row.key), `transaction ${checkpoint.seq}`)
    if (!checkpoint.isOfPass || !checkpoint.rows.has(resource.rows.topic)) continue
    const [wanted, found] = [events, written].map((of) =>
      of
        .map(({ key }) => key)
        .toSorted()
        .join(),
    )
    if (wanted !== found) {
      const what = `${resource.rows.topic}: transaction ${checkpoint.seq} has rows of [${found}] to events of [${wanted}]`
      yield { column: 'wrong row', what }
    }
  }
}

/** What a tool knows that has read the topic of rows to its end. */
export function* checkRowsAtEnd(
  resource: JudgedResource,
  dump: FeedDump,
  transactions: readonly FeedTransaction[],
): Generator<Finding> {
  if (transactions.at(-1)?.checkpoint.rows.has(resource.rows.topic) !== true) return
  const events = new Map(recordsOf(dump, resource).map((record) => [record.key, record]))
  const rows = new Map((dump.rows.get(resource.name)?.records ?? []).map((record) => [record.key, record]))
  for (const [key, event] of events) {
    const isLive = event.value?.name === resource.upserted
    const row = rows.get(key)
    if (isLive && row === undefined)
      yield { column: 'wrong row', what: `${resource.name} ${key}: it has no row` }
  }
  for (const [key, row] of rows) yield* checkRow(resource, row, events.get(key), 'in the end')
}

function* checkRow(
  resource: JudgedResource,
  row: FeedRecord,
  event: FeedRecord | undefined,
  when: string,
): Generator<Finding> {
  const name = `${resource.rows.topic} ${row.key}, ${when}`
  const live: Decoded | null = event?.value?.name === resource.upserted ? event.value : null
  if ((row.value === null) !== (live === null)) {
    const [is, other] = row.value === null ? ['a tombstone', 'is'] : ['a row', 'is not']
    yield { column: 'wrong row', what: `${name}: ${is}, but the key ${other} live` }
    return
  }
  if (row.value === null || live === null) return
  for (const difference of rowDifferences(resource, row.value, live)) {
    yield { column: 'wrong row', what: `${name}: ${difference}` }
  }
}
