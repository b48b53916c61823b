import type { FetchedPartition, FetchedRecord } from 'kafkajs/src/cluster/index.js'

import { parseOffset } from './offset.ts'

const ABORT_MARKER = 0

/**
 * The records of a fetched block that a read-committed reader may see. Not kafkajs's own filter: that one takes the
 * list of aborted transactions as sorted, which it is not, and any key of four zero bytes for a marker
 * (docs/kafka.md §4).
 */
export function committedRecords(
  messages: readonly FetchedRecord[],
  abortedTransactions: FetchedPartition['abortedTransactions'],
): readonly FetchedRecord[] {
  const upcoming = (abortedTransactions ?? [])
    .map(({ producerId, firstOffset }) => ({ producerId, firstOffset: parseOffset(firstOffset) }))
    .toSorted((a, b) => a.firstOffset - b.firstOffset)
  const aborting = new Set<string>()
  let next = 0
  return messages.filter(({ offset, key, isControlRecord, batchContext: { producerId, inTransaction } }) => {
    for (
      let begun = upcoming[next];
      begun !== undefined && begun.firstOffset <= parseOffset(offset);
      begun = upcoming[next]
    ) {
      aborting.add(begun.producerId)
      next += 1
    }
    if (isControlRecord) {
      if (isAbortMarker(key)) aborting.delete(producerId)
      return false
    }
    return !(inTransaction && aborting.has(producerId))
  })
}

/** A control record's key: version and type, two bytes each (Kafka protocol, "Control Batches"). */
function isAbortMarker(key: Buffer | null): boolean {
  return key !== null && key.length >= 4 && key.readInt16BE(2) === ABORT_MARKER
}
