import type { FetchedRecord } from 'kafkajs/src/cluster/index.js'

type Parts = Partial<Omit<FetchedRecord, 'offset' | 'batchContext'>>

/** A batch as the broker sends it, with the records that compaction has left in it. */
export function batch(
  producerId: string,
  firstOffset: number,
  lastOffset: number,
  present: readonly number[],
  parts: Parts = {},
  inTransaction = true,
): FetchedRecord[] {
  return present.map((offset) => ({
    offset: String(offset),
    timestamp: '1700000000000',
    key: Buffer.from(`k${offset}`),
    value: Buffer.from(`v${offset}`),
    headers: {},
    isControlRecord: false,
    batchContext: {
      firstOffset: String(firstOffset),
      lastOffsetDelta: lastOffset - firstOffset,
      producerId,
      inTransaction,
    },
    ...parts,
  }))
}

/** A control batch: version 0, then the type. */
export function marker(producerId: string, offset: number, type: 'abort' | 'commit'): FetchedRecord[] {
  const key = Buffer.from([0, 0, 0, type === 'abort' ? 0 : 1])
  return batch(producerId, offset, offset, [offset], { key, isControlRecord: true })
}
