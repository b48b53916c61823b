import { BrokerConnection } from './kafka-wire.ts'
import { batchesOf, recordsIn, unpacked, type RecordBatch } from './record-batches.ts'

export interface Fetched {
  readonly records: number
  /** As on the wire, compressed. */
  readonly bytes: number
  readonly seconds: number
}

/**
 * All committed records from the beginning to the end, all partitions at once, the next answer on its way while `take` handles
 * the last. @param take gets every batch that is no control batch
 */
export async function fetchTopic(
  broker: string,
  topic: string,
  take: (batch: RecordBatch) => void = () => undefined,
): Promise<Fetched> {
  using connection = await BrokerConnection.open(broker)
  const offsets = new Map((await connection.partitionsOf(topic)).map((partition) => [partition, 0n]))
  const begun = performance.now()
  let records = 0
  let bytes = 0
  let next = connection.fetch(topic, offsets)
  for (;;) {
    const parts = await next
    const batches: RecordBatch[] = []
    for (const part of parts) {
      bytes += part.batches.length
      for (const batch of batchesOf(part.batches)) {
        batches.push(batch)
        offsets.set(part.partition, batch.nextOffset)
      }
    }
    if (batches.length === 0) break
    next = connection.fetch(topic, offsets)
    for (const batch of batches) {
      if (batch.isControl) continue
      records += batch.count
      take(batch)
    }
  }
  return { records, bytes, seconds: (performance.now() - begun) / 1000 }
}

/** The same, with every batch decompressed: what anyone who reads the records needs of it at least. */
export async function unpackTopic(broker: string, topic: string): Promise<Fetched> {
  return await fetchTopic(broker, topic, (batch) => void unpacked(batch))
}

/** @throws {Error} unless the topic holds each of these keys exactly once, and no other */
export async function requireEachOnce(broker: string, topic: string, keys: readonly string[]): Promise<void> {
  const missing = new Set(keys)
  let strange = 0
  const { records } = await fetchTopic(broker, topic, (batch) => {
    for (const { key } of recordsIn(batch)) if (!missing.delete(key.toString('latin1'))) strange += 1
  })
  if (missing.size > 0 || strange > 0) {
    throw new Error(
      `${topic} holds ${records} records, misses ${missing.size} of ${keys.length} listings, and ${strange} are there again or are none: the figures would be worth nothing.`,
    )
  }
}
