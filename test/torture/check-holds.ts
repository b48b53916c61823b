/** What the guard holds (R10): nothing of it is published before an operator says so, and then no more than he said. */
import { recordsOf, type FeedDump, type FeedRecord, type Finding, type Guarded } from './findings.ts'
import type { JudgedResource } from './judged-resources.ts'
import type { FeedTransaction } from './transactions.ts'

export function* checkHolds(
  listings: JudgedResource,
  dump: FeedDump,
  transactions: readonly FeedTransaction[],
  guarded: Guarded,
): Generator<Finding> {
  for (const transaction of transactions) yield* checkVerdict(transaction)
  yield* checkSweeps(listings, transactions, guarded)
  yield* checkDecisions(dump, transactions, guarded)
  yield* checkMasks(listings, dump, guarded)
}

/** In the transaction in which a sweep ends held, nothing is deleted. */
function* checkVerdict({ checkpoint, before }: FeedTransaction): Generator<Finding> {
  const deleted = checkpoint.emitted - before.emitted
  if (checkpoint.state === 'HELD' && deleted > 0) {
    const what = `transaction ${checkpoint.seq} holds what the ${checkpoint.pass} of ${checkpoint.resource} found, and deletes ${deleted}`
    yield { column: 'unapproved', what }
  }
}

/** No sweep deletes more listings than the guard lets through. */
function* checkSweeps(
  listings: JudgedResource,
  transactions: readonly FeedTransaction[],
  { hardMax, liftedAt }: Guarded,
): Generator<Finding> {
  const deleted = new Map<string, number>()
  for (const { checkpoint, records } of transactions) {
    const { resource, pass, passId, decidesOn, timestamp } = checkpoint
    if (resource !== listings.name || pass !== 'PURGE' || decidesOn !== null || timestamp >= liftedAt)
      continue
    const before = deleted.get(passId) ?? 0
    const after = before + deletesOf(listings, records.get(resource) ?? []).length
    deleted.set(passId, after)
    if (before <= hardMax && after > hardMax) {
      const what = `sweep ${passId} deletes more than ${hardMax} listings, and nobody approved it`
      yield { column: 'unapproved', what }
    }
  }
}

function deletesOf({ deleted }: JudgedResource, records: readonly FeedRecord[]): readonly FeedRecord[] {
  return records.filter(({ value }) => value !== null && value.name === deleted)
}

/** An approval lets go of what its hold has, up to its number; a rejection of nothing. */
function* checkDecisions(
  { holds }: Pick<FeedDump, 'holds'>,
  transactions: readonly FeedTransaction[],
  { approved }: Guarded,
): Generator<Finding> {
  const held = keysOfHolds(holds)
  const releasedOf = new Map<string, Set<string>>()
  for (const { checkpoint, records } of transactions) {
    const { resource, decidesOn } = checkpoint
    if (decidesOn === null) continue
    const keys = held.get(decidesOn) ?? new Set()
    const released = releasedOf.get(decidesOn) ?? new Set()
    releasedOf.set(decidesOn, released)
    for (const { key, value } of records.get(resource) ?? []) {
      if (value === null) continue
      released.add(key)
      if (!keys.has(key)) {
        const what = `${resource} ${key}: ${value.name} by the approval of hold ${decidesOn}, which does not have it`
        yield { column: 'unapproved', what }
      }
    }
  }
  for (const [hold, keys] of releasedOf) {
    const upTo = approved.get(hold) ?? 0
    if (keys.size > upTo) {
      const what = `of hold ${hold} ${keys.size} keys go, and ${upTo} were approved`
      yield { column: 'unapproved', what }
    }
  }
}

/** By the name of the hold, also of those that have ended: the topic is not compacted within a run. */
function keysOfHolds(holds: readonly FeedRecord[]): ReadonlyMap<string, ReadonlySet<string>> {
  const held = new Map<string, Set<string>>()
  for (const { value } of holds) {
    if (value === null) continue
    const hold = String(value.body['passId'])
    const of = held.get(hold) ?? new Set()
    for (const { key } of value.body['keys'] as readonly { readonly key: string }[]) of.add(key)
    held.set(hold, of)
  }
  return held
}

/** Of a field that is masked for most of the listings at once, no event tells before that is approved. */
function* checkMasks(
  listings: JudgedResource,
  dump: FeedDump,
  { masked, maskedUntil }: Guarded,
): Generator<Finding> {
  for (const { key, value, timestamp, partition, offset } of recordsOf(dump, listings)) {
    if (value?.name !== listings.upserted || timestamp >= maskedUntil) continue
    const content = value.body[listings.content] as { readonly maskedFields?: readonly string[] }
    for (const field of content.maskedFields ?? []) {
      if (masked.get(field)?.has(key) !== true) continue
      const what = `${listings.name} ${key}: published at ${partition}/${offset} with ${field} masked, before it was approved`
      yield { column: 'unapproved', what }
    }
  }
}
