import type { KafkaCluster } from './cluster.ts'
import { Cursor } from './cursor.ts'
import { KafkaError, KafkaOffsetOutOfRange } from './errors.ts'
import type { FetchedBlock, RecordBatch } from './fetched-block.ts'
import type { LogRecord } from './log-record.ts'
import { PartitionReader } from './partition-reader.ts'

export type { RecordBatch } from './fetched-block.ts'
export type { KafkaRecord, LogRecord } from './log-record.ts'

/** From `from` (inclusive) to `to` (exclusive, at most the last stable offset). */
export interface ReadRange {
  readonly partition: number
  readonly from: number
  readonly to: number
}

export interface ReadOptions {
  /** How long the broker may wait for something to send. @default 50 ms for `readTopic`, 250 ms for `followTopics` */
  readonly maxWaitMs?: number
  /** Without progress for this long, outages included, the reading fails. @default 30 s */
  readonly stallTimeoutMs?: number
}

/**
 * The committed records of the ranges; ends when every range was read to its end. No consumer group, nothing left
 * behind on the broker. The next block is fetched when the caller asks for it, so memory holds one answer (8 MiB as
 * compressed by the writer, or one larger batch). Outages and leader moves are waited out.
 *
 * Rejects with `KafkaOffsetOutOfRange` if a range is not in the log, KAFKA_BATCH_DAMAGED, KAFKA_TOPIC_MISSING,
 * KAFKA_UNAUTHORIZED, and after `stallTimeoutMs` with KAFKA_READ_STALLED or the outage itself (both retryable).
 */
export async function* readTopic(
  cluster: KafkaCluster,
  {
    topic,
    ranges,
    ...options
  }: ReadOptions & { readonly topic: string; readonly ranges: readonly ReadRange[] },
  signal: AbortSignal,
): AsyncGenerator<RecordBatch<LogRecord>, void, undefined> {
  for (const { partition, from, to } of ranges) {
    if (from > to)
      throw new KafkaOffsetOutOfRange(
        topic,
        partition,
        `offset ${from} is asked for, but the topic ends at ${to}`,
      )
  }
  const cursors = ranges.map(({ partition, from, to }) => new Cursor(topic, partition, from, to))
  yield* read(cluster, cursors, { maxWaitMs: 50, ...options }, signal)
}

/** A range of one of several topics; `to` may be Infinity: it is followed then. */
export interface TopicRange extends ReadRange {
  readonly topic: string
}

/** The same of several topics at once, all of their partitions in flight together. */
export async function* readRanges(
  cluster: KafkaCluster,
  { ranges, ...options }: ReadOptions & { readonly ranges: readonly TopicRange[] },
  signal: AbortSignal,
): AsyncGenerator<RecordBatch<LogRecord>, void, undefined> {
  const cursors = ranges.map(({ topic, partition, from, to }) => new Cursor(topic, partition, from, to))
  yield* read(cluster, cursors, { maxWaitMs: 50, ...options }, signal)
}

/** Everything committed that the topic holds when it is asked for: `readTopic` from its beginning to its end. */
export async function* readWholeTopic(
  cluster: KafkaCluster,
  topic: string,
  signal: AbortSignal,
): AsyncGenerator<RecordBatch<LogRecord>, void, undefined> {
  const offsets = await cluster.topicOffsets(topic, signal)
  const ranges = offsets.map(({ beginning, end }, partition) => ({ partition, from: beginning, to: end }))
  yield* readTopic(cluster, { topic, ranges }, signal)
}

/**
 * The committed records of the topics as they come, without end: rejects with the signal's reason. Partitions that
 * are added later are not seen.
 */
export async function* followTopics(
  cluster: KafkaCluster,
  {
    topics,
    from,
    ...options
  }: ReadOptions & { readonly topics: readonly string[]; readonly from: 'beginning' | 'latest' },
  signal: AbortSignal,
): AsyncGenerator<RecordBatch<LogRecord>, never, undefined> {
  const cursors: Cursor[] = []
  for (const topic of topics) {
    for (const [partition, { beginning, end }] of (await cluster.topicOffsets(topic, signal)).entries()) {
      cursors.push(new Cursor(topic, partition, from === 'beginning' ? beginning : end, Infinity))
    }
  }
  yield* read(cluster, cursors, { maxWaitMs: 250, ...options }, signal)
  throw new KafkaError('There is no topic to follow.', { code: 'KAFKA_TOPIC_MISSING' })
}

async function* read(
  cluster: KafkaCluster,
  cursors: readonly Cursor[],
  { maxWaitMs, stallTimeoutMs }: Required<Pick<ReadOptions, 'maxWaitMs'>> & ReadOptions,
  signal: AbortSignal,
): AsyncGenerator<RecordBatch<LogRecord>, void, undefined> {
  const topics = [...new Set(cursors.map(({ topic }) => topic))]
  await using reader = new PartitionReader(cluster, {
    topics,
    ...(stallTimeoutMs === undefined ? {} : { stallTimeoutMs }),
  })
  for (;;) {
    signal.throwIfAborted()
    const open = cursors.filter((cursor) => !cursor.done)
    if (open.length === 0) return
    const blocks = await reader.fetchBlocks(open, maxWaitMs, signal)
    const fetchedAt = performance.now()
    yield* decoded(blocks)
    // The caller's own time is no standstill.
    const takenMs = performance.now() - fetchedAt
    for (const cursor of open) cursor.movedAt += takenMs
  }
}

/** Each is decompressed while the caller works on the one before. */
async function* decoded(
  blocks: readonly FetchedBlock[],
): AsyncGenerator<RecordBatch<LogRecord>, void, undefined> {
  let coming = blocks[0]?.decode()
  for (let next = 1; coming !== undefined; next += 1) {
    const batch = await coming
    coming = blocks[next]?.decode()
    // It is looked at when its turn comes.
    coming?.catch(() => undefined)
    yield batch
  }
}
