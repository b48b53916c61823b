/** The last records of one key of a topic, which has no index by key: its partition is read backwards. */
import type { RecordKey } from '../domain/record-key.ts'
import type { KafkaCluster } from '../kafka/cluster.ts'
import { partitionFor } from '../kafka/partition.ts'
import { readTopic, type LogRecord } from '../kafka/read-topic.ts'

export interface HistoryWishes {
  /** Records that are wanted. */
  readonly most: number
  /** Offsets before the end that are looked at. @default 2,000,000 */
  readonly mostOffsets?: number
  /** Exclusive. @default the end of the partition */
  readonly before?: number
}

export interface PastRecord {
  readonly offset: number
  /** When it was written, in milliseconds since 1970. */
  readonly timestamp: number
  /** Null is a tombstone. */
  readonly value: Buffer | null
  readonly headers: ReadonlyMap<string, string>
}

export interface KeyHistory {
  readonly partition: number
  /** Newest first. */
  readonly records: readonly PastRecord[]
  /** First offset that was looked at. */
  readonly lookedFrom: number
  /** There may be older ones before that: not all of the partition was looked at. */
  readonly isCut: boolean
}

const MOST_OFFSETS = 2_000_000
/** What changes often has changed lately; each further window is larger, since opening one has its price. */
const FIRST_WINDOW = 20_000
const LARGEST_WINDOW = 320_000

/** Memory holds the records that are wanted, and one answer of the broker. */
export async function lastRecordsOf(
  cluster: KafkaCluster,
  topic: string,
  key: RecordKey,
  { most, mostOffsets = MOST_OFFSETS, before = Infinity }: HistoryWishes,
  signal: AbortSignal,
): Promise<KeyHistory> {
  const offsets = await cluster.topicOffsets(topic, signal)
  const partition = partitionFor(key, offsets.length)
  const { beginning, end: wholeEnd } = offsets[partition] ?? { beginning: 0, end: 0 }
  const end = Math.max(beginning, Math.min(wholeEnd, before))
  const lowest = Math.max(beginning, end - mostOffsets)
  const records: PastRecord[] = []
  let to = end
  for (let size = FIRST_WINDOW; to > lowest && records.length < most; size *= 2) {
    const from = Math.max(lowest, to - Math.min(size, LARGEST_WINDOW))
    const range = { partition, from, to }
    records.push(...(await newestIn(cluster, topic, key, { range, most: most - records.length }, signal)))
    to = from
  }
  return { partition, records, lookedFrom: to, isCut: to > beginning }
}

interface Window {
  readonly range: { readonly partition: number; readonly from: number; readonly to: number }
  readonly most: number
}

/** Newest first. */
async function newestIn(
  cluster: KafkaCluster,
  topic: string,
  key: RecordKey,
  { range, most }: Window,
  signal: AbortSignal,
): Promise<readonly PastRecord[]> {
  const wanted = Buffer.from(key)
  const found: PastRecord[] = []
  for await (const { records } of readTopic(cluster, { topic, ranges: [range] }, signal)) {
    for (const record of records) {
      if (record.key?.equals(wanted) !== true) continue
      found.push(copyOf(record))
      if (found.length > most) found.shift()
    }
  }
  return found.toReversed()
}

/** What a record has lies in the block that was fetched, which would be held as a whole. */
function copyOf({ offset, timestamp, value, headers }: LogRecord): PastRecord {
  return {
    offset,
    timestamp,
    value: value === null ? null : Buffer.from(value),
    headers: new Map(Object.entries(headers).map(([name, text]) => [name, text.toString('utf8')])),
  }
}
