import type { FeedDump, FeedRecord, Finding, Truth } from './findings.ts'

/** Of one transaction: the checkpoint that was written in it. */
interface Checkpoint {
  readonly offset: number
  readonly seq: number
  readonly generation: number
  readonly instanceId: string
  readonly passId: string
  readonly nextOffsets: readonly number[]
  readonly published: number
  readonly emitted: number
}

/** What the checkpoints say of each transaction, against what lies in the data topic. */
export function* checkTransactions(
  { listings, checkpoints, control, partitions }: FeedDump,
  topicRecreated: boolean,
  truth: Pick<Truth, 'clockToleranceMs'>,
): Generator<Finding> {
  const all = checkpoints.filter(({ value }) => value?.name === 'Checkpoint').map(parseCheckpoint)
  yield* checkSequence(all)
  yield* checkOwners(checkpoints)
  yield* checkWatermarks(checkpoints, truth)
  yield* checkMarkers(control)

  const lastGeneration = all.at(-1)?.generation ?? 0
  const counted = new Map<string, Pick<Checkpoint, 'published' | 'emitted'>>()
  let from: readonly number[] = Array.from({ length: partitions }, () => 0)
  for (const checkpoint of all) {
    const before = counted.get(checkpoint.passId) ?? { published: 0, emitted: 0 }
    counted.set(checkpoint.passId, checkpoint)
    // Its records are gone with the old topic.
    if (topicRecreated && checkpoint.generation < lastGeneration) continue
    const inside = listings.filter(
      ({ partition, offset }) =>
        offset >= (from[partition] ?? 0) && offset < (checkpoint.nextOffsets[partition] ?? 0),
    )
    yield* checkTransaction(checkpoint, before, inside, from)
    from = checkpoint.nextOffsets
  }
  const behind = listings.filter(({ partition, offset }) => offset >= (from[partition] ?? 0))
  if (behind.length > 0) {
    yield { column: 'torn transaction', what: `${behind.length} records that no checkpoint covers` }
  }
}

function* checkTransaction(
  checkpoint: Checkpoint,
  before: Pick<Checkpoint, 'published' | 'emitted'>,
  records: readonly FeedRecord[],
  from: readonly number[],
): Generator<Finding> {
  const name = `transaction ${checkpoint.seq}`
  const count = (wanted: string | undefined): number =>
    records.filter(({ value }) => value?.name === wanted).length
  const expected: readonly [string, number, number][] = [
    ['upserts', checkpoint.published - before.published, count('ListingUpserted')],
    ['deletes', checkpoint.emitted - before.emitted, count('ListingDeleted')],
    ['tombstones', checkpoint.emitted - before.emitted, count(undefined)],
  ]
  for (const [what, wanted, actual] of expected) {
    if (wanted !== actual) {
      yield {
        column: 'torn transaction',
        what: `${name} has ${actual} ${what}, its checkpoint says ${wanted}`,
      }
    }
  }
  for (const { value, key } of records) {
    if (value !== null && value.body['passId'] !== checkpoint.passId) {
      yield { column: 'torn transaction', what: `${name} holds ${key} of another pass` }
    }
  }
  for (const [partition, next] of checkpoint.nextOffsets.entries()) {
    if (next < (from[partition] ?? 0)) {
      yield { column: 'checkpoint regression', what: `${name}: partition ${partition} goes back to ${next}` }
    }
    const last = records.findLast((record) => record.partition === partition)
    // The commit's marker takes the offset after the last record.
    if (last !== undefined && last.offset + 2 !== next) {
      yield {
        column: 'torn transaction',
        what: `${name} ends at ${partition}/${last.offset}, its checkpoint says ${next}`,
      }
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
  let before = { generation: 0, watermark: -Infinity }
  for (const { value, offset, timestamp } of checkpoints) {
    if (value?.name !== 'Watermark') continue
    const next = {
      generation: Number(value.body['generation']),
      watermark: Number(value.body['watermark']),
    }
    if (next.generation === before.generation && next.watermark < before.watermark) {
      yield { column: 'checkpoint regression', what: `the watermark goes back at ${offset}` }
    }
    const future = next.watermark - timestamp
    if (future > FUTURE_MS + clockToleranceMs) {
      yield {
        column: 'checkpoint regression',
        what: `the watermark at ${offset} lies ${Math.round(future / 1_000)} s ahead of the source's own clock`,
      }
    }
    before = next
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

function parseCheckpoint({ value, offset }: FeedRecord): Checkpoint {
  const body = value?.body ?? {}
  const offsets = body['nextOffsets'] as Readonly<Record<string, readonly number[]>>
  const counts = body['counts'] as Readonly<Record<string, number>>
  const deletes = body['deletes'] as Readonly<Record<string, number>>
  return {
    offset,
    seq: Number(body['seq']),
    generation: Number(body['generation']),
    instanceId: String(body['instanceId']),
    passId: String(body['passId']),
    nextOffsets: offsets['listings'] ?? [],
    published: counts['published'] ?? 0,
    emitted: deletes['emitted'] ?? 0,
  }
}
