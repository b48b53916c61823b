/** Reading single records of a topic by their offsets, which the key index knows. */
import type { RecordPosition } from '../domain/pass.ts'
import type { KafkaCluster } from '../kafka/cluster.ts'
import { readTopic, type KafkaRecord } from '../kafka/read-topic.ts'

export interface OffsetRange {
  readonly from: number
  /** Exclusive. */
  readonly to: number
}

/** Opening a range costs about as much as reading so many records that nobody wants. */
const WORTH_A_GAP = 2_000
const MOST_RANGES = 64

/**
 * Ranges that hold all the offsets (ascending), in ascending order: as few as is sensible, and never more than
 * `mostRanges`; what lies between two offsets is left out where it is longest.
 */
export function rangesOf(
  offsets: ArrayLike<number>,
  mostRanges = MOST_RANGES,
  worthAGap = WORTH_A_GAP,
): readonly OffsetRange[] {
  const gaps: { at: number; length: number }[] = []
  for (let i = 1; i < offsets.length; i += 1) {
    const length = (offsets[i] ?? 0) - (offsets[i - 1] ?? 0)
    if (length >= worthAGap) gaps.push({ at: i, length })
  }
  const cuts = gaps
    .sort((a, b) => b.length - a.length)
    .slice(0, mostRanges - 1)
    .map(({ at }) => at)
    .sort((a, b) => a - b)
  const starts = [0, ...cuts]
  return offsets.length === 0
    ? []
    : starts.map((start, i) => ({
        from: offsets[start] ?? 0,
        to: (offsets[(starts[i + 1] ?? offsets.length) - 1] ?? 0) + 1,
      }))
}

/** Offsets as `readAt` takes them, a number for each. */
export class OffsetsWanted {
  readonly #byPartition = new Map<number, number[]>()

  add({ partition, offset }: RecordPosition): void {
    const known = this.#byPartition.get(partition)
    if (known === undefined) this.#byPartition.set(partition, [offset])
    else known.push(offset)
  }

  /** To be called once, when all are there. */
  ascending(): ReadonlyMap<number, readonly number[]> {
    for (const wanted of this.#byPartition.values()) wanted.sort((a, b) => a - b)
    return this.#byPartition
  }
}

/**
 * Reads the records at these offsets (ascending, by partition); those that compaction has taken are left out. Memory holds
 * one answer of the broker.
 */
export async function readAt(
  cluster: KafkaCluster,
  topic: string,
  offsets: ReadonlyMap<number, readonly number[]>,
  onRecord: (record: KafkaRecord) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const plans = [...offsets].map(([partition, wanted]) => ({
    partition,
    wanted,
    ranges: rangesOf(wanted),
    at: 0,
  }))
  const rounds = Math.max(0, ...plans.map(({ ranges }) => ranges.length))
  for (let round = 0; round < rounds; round += 1) {
    const ranges = plans.flatMap((plan) => {
      const range = plan.ranges[round]
      return range === undefined ? [] : [{ partition: plan.partition, ...range }]
    })
    for await (const batch of readTopic(cluster, { topic, ranges }, signal)) {
      const plan = plans.find(({ partition }) => partition === batch.partition)
      if (plan === undefined) continue
      for (const record of batch.records) {
        while ((plan.wanted[plan.at] ?? Infinity) < record.offset) plan.at += 1
        if (plan.wanted[plan.at] === record.offset) await onRecord(record)
      }
    }
  }
}
