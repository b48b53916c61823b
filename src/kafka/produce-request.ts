/**
 * The requests of a producer that kafkajs cannot make in the way that this room needs them: a Produce request whose answer is
 * told partition by partition, and AddPartitionsToTxn, whose answer names the partition that the broker minds.
 * Layouts of https://kafka.apache.org/protocol, none of them flexible.
 */
import type { WireRequest } from 'kafkajs/src/cluster/index.js'

import { BATCH_HEADER_BYTES, writeBatch, type BatchStamp, type PlainBatch } from './record-batch.ts'
import { WireReader } from './wire-reader.ts'
import { wireRequest, type WireAnswer } from './wire-request.ts'

export const PRODUCE = 0
export const ADD_PARTITIONS_TO_TXN = 24

/** Three: record batches and transactions. Seven: zstd. Nine would be flexible. */
export const PRODUCE_VERSIONS = { least: 3, zstd: 7, most: 7 } as const

/** In all in-sync replicas. */
const ACKS_ALL = -1

export interface BatchToProduce extends Omit<PlainBatch, 'records'> {
  readonly topic: string
  readonly partition: number
  /** As the stamp's codec left them. */
  readonly records: Buffer
  readonly stamp: BatchStamp
}

export interface PartitionAnswer {
  readonly topic: string
  readonly partition: number
  readonly errorCode: number
  /** −1 where it was not appended. */
  readonly baseOffset: number
}

/** One batch of each partition at most. */
export function produceRequest(
  version: number,
  transactionalId: string | null,
  timeoutMs: number,
  batches: readonly BatchToProduce[],
): WireRequest<readonly PartitionAnswer[]> {
  return wireRequest(
    { key: PRODUCE, version, name: 'Produce' },
    () => produceBody(transactionalId, timeoutMs, batches),
    (payload) => produceAnswer(payload, version),
  )
}

function produceBody(
  transactionalId: string | null,
  timeoutMs: number,
  batches: readonly BatchToProduce[],
): Buffer {
  const byTopic = Map.groupBy(batches, ({ topic }) => topic)
  let size = 2 + Buffer.byteLength(transactionalId ?? '') + 2 + 4 + 4
  for (const [topic, led] of byTopic) {
    size += 2 + Buffer.byteLength(topic) + 4
    for (const { records } of led) size += 8 + BATCH_HEADER_BYTES + records.length
  }
  const to = Buffer.allocUnsafe(size)
  let at = writeString(to, 0, transactionalId)
  at = to.writeInt16BE(ACKS_ALL, at)
  at = to.writeInt32BE(timeoutMs, at)
  at = to.writeInt32BE(byTopic.size, at)
  for (const [topic, led] of byTopic) {
    at = writeString(to, at, topic)
    at = to.writeInt32BE(led.length, at)
    for (const batch of led) {
      at = to.writeInt32BE(batch.partition, at)
      at = to.writeInt32BE(BATCH_HEADER_BYTES + batch.records.length, at)
      at = writeBatch(to, at, batch, batch.records, batch.stamp)
    }
  }
  return to
}

function produceAnswer(payload: Buffer, version: number): WireAnswer<readonly PartitionAnswer[]> {
  const from = new WireReader(payload)
  const answers = from.list(() => {
    const topic = from.text()
    return from.list(() => {
      const partition = from.int32()
      const errorCode = from.int16()
      const baseOffset = Number(from.int64())
      // Time of the append; from version five the log's start.
      from.int64()
      if (version >= 5) from.int64()
      return { topic, partition, errorCode, baseOffset }
    })
  })
  // Before version six the broker has waited itself (KIP-219).
  const throttleMs = from.int32()
  return { answers: answers.flat(), clientSideThrottleTime: version >= 6 ? throttleMs : 0 }
}

export interface ProducerIdentity {
  readonly producerId: bigint
  readonly epoch: number
}

/** Partition numbers, by topic. */
export type Partitions = ReadonlyMap<string, readonly number[]>

/** The answers have no offsets. */
export function addPartitionsRequest(
  version: number,
  transactionalId: string,
  { producerId, epoch }: ProducerIdentity,
  partitions: Partitions,
): WireRequest<readonly Omit<PartitionAnswer, 'baseOffset'>[]> {
  return wireRequest(
    { key: ADD_PARTITIONS_TO_TXN, version, name: 'AddPartitionsToTxn' },
    () => addPartitionsBody(transactionalId, { producerId, epoch }, partitions),
    (payload) => addPartitionsAnswer(payload, version),
  )
}

function addPartitionsAnswer(
  payload: Buffer,
  version: number,
): WireAnswer<readonly Omit<PartitionAnswer, 'baseOffset'>[]> {
  const from = new WireReader(payload)
  const throttleMs = from.int32()
  const answers = from.list(() => {
    const topic = from.text()
    return from.list(() => ({ topic, partition: from.int32(), errorCode: from.int16() }))
  })
  return { answers: answers.flat(), clientSideThrottleTime: version >= 1 ? throttleMs : 0 }
}

function addPartitionsBody(
  transactionalId: string,
  { producerId, epoch }: ProducerIdentity,
  partitions: Partitions,
): Buffer {
  let size = 2 + Buffer.byteLength(transactionalId) + 8 + 2 + 4
  for (const [topic, numbers] of partitions) size += 2 + Buffer.byteLength(topic) + 4 + 4 * numbers.length
  const to = Buffer.allocUnsafe(size)
  let at = writeString(to, 0, transactionalId)
  at = to.writeBigInt64BE(producerId, at)
  at = to.writeInt16BE(epoch, at)
  at = to.writeInt32BE(partitions.size, at)
  for (const [topic, numbers] of partitions) {
    at = writeString(to, at, topic)
    at = to.writeInt32BE(numbers.length, at)
    for (const number of numbers) at = to.writeInt32BE(number, at)
  }
  return to
}

/** Length in 16 bits, −1 for null, and UTF-8. */
function writeString(to: Buffer, at: number, text: string | null): number {
  if (text === null) return to.writeInt16BE(-1, at)
  const start = to.writeInt16BE(Buffer.byteLength(text), at)
  return start + to.write(text, start)
}
