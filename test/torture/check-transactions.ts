import type { FeedDump, FeedRecord, Finding, Truth } from './findings.ts'
import type { JudgedResource } from './judged-resources.ts'
import { checkpointsOf, uncovered, type Checkpoint, type FeedTransaction } from './transactions.ts'

/** What the checkpoints say of each transaction, against what lies in the data topics. */
export function* checkTransactions(
  resources: readonly JudgedResource[],
  dump: FeedDump,
  transactions: readonly FeedTransaction[],
  truth: Pick<Truth, 'clockToleranceMs'>,
): Generator<Finding> {
  yield* checkSequence(checkpointsOf(dump))
  yield* checkOwners(dump.checkpoints)
  yield* checkWatermarks(dump.checkpoints, truth)
  yield* checkMarkers(dump.control)
  for (const transaction of transactions) {
    yield* checkCounts(resources, transaction)
    yield* checkOutcomes(resources, transaction)
    yield* checkPasses(transaction)
    for (const [topic, records] of transaction.records) yield* checkOffsets(topic, records, transaction)
  }
  const behind = uncovered(dump, transactions.at(-1))
  if (behind > 0) yield { column: 'torn transaction', what: `${behind} records that no checkpoint covers` }
}

/** Each topic has what the checkpoint counts: those of its own resource, and the tombstones of sets, which are not counted. */
function* checkCounts(
  resources: readonly JudgedResource[],
  { checkpoint, before, records, gone }: FeedTransaction,
): Generator<Finding> {
  const published = (checkpoint.counts['published'] ?? 0) - (before.counts['published'] ?? 0)
  const emitted = checkpoint.emitted - before.emitted
  for (const { name, upserted, deleted } of resources) {
    if (name === gone) continue
    const count = (wanted: string | undefined): number =>
      (records.get(name) ?? []).filter(({ value }) => value?.name === wanted).length
    const isOwn = name === checkpoint.resource
    const upserts = ['upserts', isOwn ? published : 0, count(upserted)] as const
    const deletes = [
      ['deletes', isOwn ? emitted : 0, count(deleted)],
      ['tombstones', isOwn ? emitted : 0, count(undefined)],
    ] as const
    const expected = deleted === undefined ? [upserts] : [upserts, ...deletes]
    for (const [what, wanted, actual] of expected) {
      if (wanted === actual) continue
      const said = `transaction ${checkpoint.seq} has ${actual} ${what} in ${name}, its checkpoint says ${wanted}`
      yield { column: 'torn transaction', what: said }
    }
  }
}

/** Each record has one outcome (R11): of a list some are read more than once, of a set none is. */
function* checkOutcomes(
  resources: readonly JudgedResource[],
  { checkpoint, before }: FeedTransaction,
): Generator<Finding> {
  const { seq, resource, counts, walked, isCompleted } = checkpoint
  for (const [outcome, count] of Object.entries(counts)) {
    if (count < (before.counts[outcome] ?? 0)) {
      yield {
        column: 'checkpoint regression',
        what: `transaction ${seq} counts fewer ${outcome} than before`,
      }
    }
  }
  const sum = Object.values(counts).reduce((all, count) => all + count, 0)
  const isSet = resources.some(({ name, set }) => name === resource && set !== undefined)
  if (isCompleted && (isSet ? sum !== walked : sum < walked)) {
    const what = `transaction ${seq}: the pass read ${walked} of ${resource}, with ${sum} outcomes`
    yield { column: 'torn transaction', what }
  }
}

function* checkPasses({ checkpoint, records }: FeedTransaction): Generator<Finding> {
  for (const { value, key } of [...records.values()].flat()) {
    if (value !== null && value.body['passId'] !== checkpoint.passId) {
      const what = `transaction ${checkpoint.seq} holds ${key} of another pass`
      yield { column: 'torn transaction', what }
    }
  }
}

function* checkOffsets(
  topic: string,
  records: readonly FeedRecord[],
  { checkpoint, from, gone }: FeedTransaction,
): Generator<Finding> {
  if (topic === gone) return
  const name = `transaction ${checkpoint.seq}`
  for (const [partition, next] of (checkpoint.nextOffsets[topic] ?? []).entries()) {
    if (next < (from[topic]?.[partition] ?? 0)) {
      const what = `${name}: ${topic}, partition ${partition}, goes back to ${next}`
      yield { column: 'checkpoint regression', what }
    }
    const last = records.findLast((record) => record.partition === partition)
    // The commit's marker takes the offset after the last record.
    if (last !== undefined && last.offset + 2 !== next) {
      const what = `${name} ends at ${topic} ${partition}/${last.offset}, its checkpoint says ${next}`
      yield { column: 'torn transaction', what }
    }
  }
}

function* checkSequence(all: readonly Checkpoint[]): Generator<Finding> {
  for (const [i, { seq, generation, offset }] of all.entries()) {
    const before = all[i - 1]
    if (seq !== (before?.seq ?? 0) + 1) {
      yield { column: 'checkpoint regression', what: `seq ${seq} after ${before?.seq ?? 0} at ${offset}` }
    }
    if (before !== undefined && generation < before.generation) {
      yield { column: 'checkpoint regression', what: `generation ${generation} after ${before.generation}` }
    }
  }
}

/** Once another instance has written its owner record, nothing comes of the one before it (R3). */
function* checkOwners(checkpoints: readonly FeedRecord[]): Generator<Finding> {
  let owner: unknown
  for (const { value, offset } of checkpoints) {
    if (value?.name === 'Owner') owner = value.body['instanceId']
    else if (value !== null && value.body['instanceId'] !== owner) {
      yield { column: 'fenced writer', what: `checkpoint at ${offset} is not of the owner` }
    }
  }
}

/** Beyond the tolerance: two processes on one host read its clock, and one of them may be slow to write it down. */
const FUTURE_MS = 5_000

function* checkWatermarks(
  checkpoints: readonly FeedRecord[],
  { clockToleranceMs }: Pick<Truth, 'clockToleranceMs'>,
): Generator<Finding> {
  const last = new Map<string, { readonly generation: number; readonly watermark: number }>()
  for (const { key, value, offset, timestamp } of checkpoints) {
    if (value?.name !== 'Watermark') continue
    const before = last.get(key)
    const next = {
      generation: Number(value.body['generation']),
      watermark: Number(value.body['watermark']),
    }
    if (next.generation === before?.generation && next.watermark < before.watermark) {
      yield { column: 'checkpoint regression', what: `${key} goes back at ${offset}` }
    }
    const future = next.watermark - timestamp
    if (future > FUTURE_MS + clockToleranceMs) {
      yield {
        column: 'checkpoint regression',
        what: `${key} at ${offset} lies ${Math.round(future / 1_000)} s ahead of the source's own clock`,
      }
    }
    last.set(key, next)
  }
}

function* checkMarkers(control: readonly FeedRecord[]): Generator<Finding> {
  const completed = new Set<unknown>()
  for (const { value, offset } of control) {
    if (value?.body['event'] !== 'COMPLETED') continue
    const pass = value.body['passId']
    if (completed.has(pass))
      yield { column: 'duplicated', what: `a pass completed again at control/${offset}` }
    completed.add(pass)
  }
}
