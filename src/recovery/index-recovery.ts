/** R2: bringing the key index up to the topics, from where it stands or from their beginning. Values are not decoded. */
import { framedSchemaId } from '../events/wire-format.ts'
import type { KafkaCluster } from '../kafka/cluster.ts'
import { partitionFor } from '../kafka/partition.ts'
import { readTopic, type LogRecord, type ReadRange } from '../kafka/read-topic.ts'
import { NO_SCHEMA } from '../domain/content.ts'
import type { Instant, Millis } from '../domain/instant.ts'
import { parseRecordKey, type RecordKey } from '../domain/record-key.ts'
import type { ResourceDescription } from '../domain/resource.ts'
import type { IndexState, KeyIndex } from '../replication/ports.ts'
import type { FeedIdentity } from '../domain/feed-state.ts'
import type { IndexEntry } from '../domain/index-entry.ts'
import { ListingstreamError } from '../support/errors.ts'
import { prefetch } from '../support/prefetch.ts'
import { HeaderFactsReader } from '../feed/header-facts.ts'
import type { TopicExtent } from '../feed/topic-extent.ts'
import { keyMisplaced } from '../feed/topic-error.ts'
import type { TopicNames } from '../feed/topic-names.ts'

/** What a clock may be corrected by without an index being rebuilt for it. */
const CLOCK_DRIFT_MS = 60_000

export interface RebuildOptions {
  readonly cluster: KafkaCluster
  readonly names: TopicNames
  readonly resources: readonly ResourceDescription[]
  readonly index: KeyIndex
  readonly feed: FeedIdentity
  /** As it is after `InitProducerId`, or once the checkpoint's transaction is wholly readable. */
  readonly extent: TopicExtent
  readonly now: () => Instant
  readonly onProgress: (progress: RecoveryProgress) => void
}

export interface RecoveryOptions extends RebuildOptions {
  readonly deleteRetention: Millis
}

interface RecoveryProgress {
  readonly topic: string
  /** Offsets read and to be read, over all partitions; compaction leaves gaps in them. */
  readonly done: number
  readonly total: number
}

/** What was done to the index. `why` says what was wrong with it. */
export type Recovery =
  | { readonly kind: 'current' }
  | { readonly kind: 'tail'; readonly records: number }
  | { readonly kind: 'rebuilt'; readonly records: number; readonly why: string }

/** Brings the index up to the topics by their tail, or rebuilds it where that would not make it right. */
export async function recoverIndex(options: RecoveryOptions, signal: AbortSignal): Promise<Recovery> {
  const { index, feed } = options
  const why = await unfitness(options)
  if (why !== undefined) return { kind: 'rebuilt', why, records: await rebuildIndex(options, signal) }
  if (!holdsTopicsOf(index, feed)) await index.adopt(feed)
  const records = await applyTopics(options, signal)
  return records === 0 ? { kind: 'current' } : { kind: 'tail', records }
}

/** Empties the index and reads the topics from their beginning. Interrupted, the next recovery goes on where it stood. */
export async function rebuildIndex(options: RebuildOptions, signal: AbortSignal): Promise<number> {
  const { index, feed, now } = options
  await index.reset(feed, now())
  return await applyTopics(options, signal)
}

/** Why the index cannot be brought forward; undefined if it can. The scan of its checksums comes last. */
async function unfitness({
  index,
  feed,
  extent,
  deleteRetention,
  now,
}: RecoveryOptions): Promise<string | undefined> {
  const state = index.state()
  if (state === null) return 'it is new or was unreadable'
  const misfit = misfitOf(state, feed, extent)
  if (misfit !== undefined) return misfit
  // A tombstone that compaction has already dropped would never reach an index this old.
  const age = now() - state.writtenAt
  if (age >= deleteRetention / 2) return 'it is older than half of delete.retention.ms'
  // Set back since, the clock does not tell the index's age.
  if (age < -CLOCK_DRIFT_MS) return 'it was written later than it is now, by the clock of this host'
  return (await index.verify()) ? undefined : 'its checksums are wrong'
}

/** Why an index in this state cannot be one of the feed's topics; undefined if it can. */
export function misfitOf(
  state: IndexState,
  feed: FeedIdentity,
  { startOffsets, nextOffsets }: TopicExtent,
): string | undefined {
  if (!sameFeed(state.feed, feed)) return 'it belongs to another feed, cluster, source or generation'
  for (const [name, ends] of Object.entries(nextOffsets)) {
    for (const [partition, end] of ends.entries()) {
      const at = state.nextOffsets[name]?.[partition] ?? 0
      if (at > end) return `it is ahead of topic ${name}`
      if (at > 0 && at < (startOffsets[name]?.[partition] ?? 0)) return `topic ${name} begins after it`
    }
  }
  return undefined
}

function sameFeed(a: FeedIdentity, b: FeedIdentity): boolean {
  const partitions = Object.entries(b.partitions)
  return (
    a.prefix === b.prefix &&
    a.generation === b.generation &&
    a.clusterId === b.clusterId &&
    a.source.host === b.source.host &&
    a.source.mlsId === b.source.mlsId &&
    // Which of its topics are replicated is no part of what a feed is.
    partitions.every(([name, count]) => (a.partitions[name] ?? count) === count)
  )
}

function holdsTopicsOf(index: Pick<KeyIndex, 'state'>, { partitions }: FeedIdentity): boolean {
  const held = Object.keys(index.state()?.feed.partitions ?? {})
  return (
    held.length === Object.keys(partitions).length && held.every((name) => Object.hasOwn(partitions, name))
  )
}

async function applyTopics(options: RebuildOptions, signal: AbortSignal): Promise<number> {
  let records = 0
  for (const resource of options.resources) records += await applyTopic(options, resource, signal)
  return records
}

async function applyTopic(
  { cluster, names, index, extent, now, onProgress }: RebuildOptions,
  resource: ResourceDescription,
  signal: AbortSignal,
): Promise<number> {
  const topic = names.data(resource)
  const ends = extent.nextOffsets[resource.name] ?? []
  const starts = extent.startOffsets[resource.name] ?? []
  const known = index.state()?.nextOffsets[resource.name] ?? []
  const reached = ends.map((_, partition) => Math.max(known[partition] ?? 0, starts[partition] ?? 0))
  const ranges = ends.map((to, partition) => ({ partition, from: reached[partition] ?? 0, to }))
  const total = ranges.reduce((sum, { from, to }) => sum + to - from, 0)
  let records = 0
  const read = (ending: AbortSignal) => readEntries(cluster, { topic, ranges, resource }, ending)
  // A batch is read while the index writes the one before.
  for await (const batch of prefetch(read, 1, signal)) {
    reached[batch.partition] = batch.nextOffset
    const nextOffsets = { ...index.state()?.nextOffsets, [resource.name]: [...reached] }
    const parts = [{ resource: resource.name, puts: batch.entries, drops: [] }]
    await index.apply({ parts, nextOffsets, at: now() })
    records += batch.records
    const left = ends.reduce((sum, end, partition) => sum + end - (reached[partition] ?? 0), 0)
    onProgress({ topic, done: total - left, total })
  }
  return records
}

interface EntryBatch {
  readonly partition: number
  readonly entries: ReadonlyMap<RecordKey, IndexEntry>
  /** Of which they are. */
  readonly records: number
  readonly nextOffset: number
}

interface TopicEntries {
  readonly topic: string
  /** One for each partition. */
  readonly ranges: readonly ReadRange[]
  readonly resource: ResourceDescription
}

async function* readEntries(
  cluster: KafkaCluster,
  { topic, ranges, resource }: TopicEntries,
  signal: AbortSignal,
): AsyncGenerator<EntryBatch, void, undefined> {
  const facts = new HeaderFactsReader(resource)
  for await (const { partition, records, nextOffset } of readTopic(cluster, { topic, ranges }, signal)) {
    const entries = new Map<RecordKey, IndexEntry>()
    for (const record of records) {
      const [key, entry] = entryOf(record, topic, partition, facts)
      if (partitionFor(record.key ?? key, ranges.length) !== partition) {
        throw keyMisplaced(topic, key, partition, ranges.length)
      }
      entries.set(key, entry)
    }
    yield { partition, entries, records: records.length, nextOffset }
  }
}

/** What the index holds of a key whose last record this is. */
function entryOf(
  record: LogRecord,
  topic: string,
  partition: number,
  reader: HeaderFactsReader,
): readonly [RecordKey, IndexEntry] {
  const key = parseRecordKey(record.key?.toString('utf8'))
  const facts = reader.read(record)
  const schemaId = record.value === null ? NO_SCHEMA : framedSchemaId(record.value)
  if (key === undefined || facts === undefined) {
    throw new ListingstreamError(
      `Topic ${topic}, partition ${partition}, offset ${record.offset} holds a record that this program did not write. Nothing else may write to the topics of a feed; choose another TOPIC_PREFIX.`,
      { code: 'TOPIC_FOREIGN_RECORD', retryable: false, disposition: 'stop' },
    )
  }
  const isDeleted = facts.deleted || record.value === null
  return [
    key,
    {
      state: isDeleted ? 'deleted' : 'live',
      digest: facts.digest,
      schemaId: isDeleted ? NO_SCHEMA : schemaId,
      ...(isDeleted || facts.masked === undefined ? {} : { masked: facts.masked }),
      modificationTimestamp: facts.modificationTimestamp,
      observedAt: facts.observedAt,
      changeStamps: facts.changeStamps,
      mlsId: facts.mlsId,
      partition,
      offset: record.offset,
      request: 0,
    },
  ]
}
