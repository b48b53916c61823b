import { plainRecords, type LogBatch } from './log-batch.ts'
import { readLogRecords } from './log-record.ts'

/** A transaction that was aborted, by whom, and where its records begin. */
export interface AbortedTransaction {
  readonly producerId: bigint
  readonly firstOffset: number
}

const ABORT_MARKER = 0

/**
 * The batches of an answer that a read-committed reader may see, without markers. `aborted` is of the same answer; it is not
 * sorted, and kafkajs's own filter takes it for sorted (docs/kafka.md §4).
 */
export async function committedBatches(
  batches: readonly LogBatch[],
  aborted: readonly AbortedTransaction[],
): Promise<readonly LogBatch[]> {
  const upcoming = aborted.toSorted((a, b) => a.firstOffset - b.firstOffset)
  const aborting = new Set<bigint>()
  const committed: LogBatch[] = []
  let next = 0
  for (const batch of batches) {
    for (
      let begun = upcoming[next];
      begun !== undefined && begun.firstOffset <= batch.lastOffset;
      begun = upcoming[next]
    ) {
      aborting.add(begun.producerId)
      next += 1
    }
    if (batch.isControl) {
      if (await isAbort(batch)) aborting.delete(batch.producerId)
    } else if (!(batch.isTransactional && aborting.has(batch.producerId))) {
      committed.push(batch)
    }
  }
  return committed
}

/** By the key of its record: version and type, two bytes each (Kafka protocol, "Control Batches"). */
async function isAbort(batch: LogBatch): Promise<boolean> {
  const [marker] = readLogRecords(batch, await plainRecords(batch))
  const key = marker?.key ?? null
  return key !== null && key.length >= 4 && key.readInt16BE(2) === ABORT_MARKER
}
