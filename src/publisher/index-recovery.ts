/** R2: bringing the key index up to the topics, from where it stands or from their beginning. Values are not decoded. */
import { unframe } from '../events/wire-format.ts'
import type { KafkaCluster, PartitionOffsets } from '../kafka/cluster.ts'
import { readTopic, type KafkaRecord } from '../kafka/read-topic.ts'
import { NO_SCHEMA } from '../listing/content.ts'
import type { Instant, Millis } from '../listing/instant.ts'
import type { NextOffsets } from '../listing/pass.ts'
import { parseRecordKey, type RecordKey } from '../listing/record-key.ts'
import type { ResourceDescription } from '../listing/resource.ts'
import type { FeedIdentity, IndexEntry, KeyIndex } from '../replication/ports.ts'
import { ListingstreamError } from '../support/errors.ts'
import { parseHeaders } from './record-headers.ts'
import type { TopicNames } from './topics.ts'

export interface RecoveryOptions {
  readonly cluster: KafkaCluster
  readonly names: TopicNames
  readonly resources: readonly ResourceDescription[]
  readonly index: KeyIndex
  readonly feed: FeedIdentity
  /** Ends of the data topics, read after `InitProducerId`. */
  readonly nextOffsets: NextOffsets
  readonly deleteRetention: Millis
  readonly now: () => Instant
  readonly onProgress: (progress: RecoveryProgress) => void
}

export interface RecoveryProgress {
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

export async function recoverIndex(options: RecoveryOptions, signal: AbortSignal): Promise<Recovery> {
  const { index, feed, now } = options
  const offsets = await offsetsOf(options, signal)
  const why = await unfitness(options, offsets)
  if (why !== undefined) await index.reset(feed, now())
  let records = 0
  for (const resource of options.resources) {
    records += await applyTopic(options, resource, offsets.get(resource.name) ?? [], signal)
  }
  if (why !== undefined) return { kind: 'rebuilt', records, why }
  return records === 0 ? { kind: 'current' } : { kind: 'tail', records }
}

async function offsetsOf(
  { cluster, names, resources }: RecoveryOptions,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly PartitionOffsets[]>> {
  const offsets = new Map<string, readonly PartitionOffsets[]>()
  for (const resource of resources) {
    offsets.set(resource.name, await cluster.topicOffsets(names.data(resource), signal))
  }
  return offsets
}

/** Why the index cannot be brought forward; undefined if it can. The scan of its checksums comes last. */
async function unfitness(
  { index, feed, resources, nextOffsets, deleteRetention, now }: RecoveryOptions,
  offsets: ReadonlyMap<string, readonly PartitionOffsets[]>,
): Promise<string | undefined> {
  const state = index.state()
  if (state === null) return 'it is new or was unreadable'
  if (!sameFeed(state.feed, feed)) return 'it belongs to another feed, cluster, source or generation'
  // A tombstone that compaction has already dropped would never reach an index this old.
  if (now() - state.writtenAt >= deleteRetention / 2) return 'it is older than half of delete.retention.ms'
  for (const resource of resources) {
    for (const [partition, { beginning }] of (offsets.get(resource.name) ?? []).entries()) {
      const at = state.nextOffsets[resource.name]?.[partition] ?? 0
      const end = nextOffsets[resource.name]?.[partition] ?? 0
      if (at > end) return `it is ahead of topic ${resource.name}`
      if (at < beginning && at > 0) return `topic ${resource.name} begins after it`
    }
  }
  return (await index.verify()) ? undefined : 'its checksums are wrong'
}

function sameFeed(a: FeedIdentity, b: FeedIdentity): boolean {
  const partitions = Object.entries(b.partitions)
  return (
    a.generation === b.generation &&
    a.clusterId === b.clusterId &&
    a.source.host === b.source.host &&
    a.source.mlsId === b.source.mlsId &&
    Object.keys(a.partitions).length === partitions.length &&
    partitions.every(([name, count]) => a.partitions[name] === count)
  )
}

async function applyTopic(
  { cluster, names, index, nextOffsets, now, onProgress }: RecoveryOptions,
  resource: ResourceDescription,
  offsets: readonly PartitionOffsets[],
  signal: AbortSignal,
): Promise<number> {
  const topic = names.data(resource)
  const ends = nextOffsets[resource.name] ?? []
  const known = index.state()?.nextOffsets ?? {}
  const positions = offsets.map(({ beginning }, partition) =>
    Math.max(known[resource.name]?.[partition] ?? 0, beginning),
  )
  const ranges = ends.map((to, partition) => ({ partition, from: positions[partition] ?? 0, to }))
  const total = ranges.reduce((sum, { from, to }) => sum + to - from, 0)
  let records = 0
  for await (const batch of readTopic(cluster, { topic, ranges }, signal)) {
    const puts = new Map<RecordKey, IndexEntry>()
    for (const record of batch.records) {
      const [key, entry] = entryOf(record, topic, batch.partition, resource)
      puts.set(key, entry)
    }
    positions[batch.partition] = batch.nextOffset
    const reached = { ...index.state()?.nextOffsets, [resource.name]: [...positions] }
    await index.apply({ resource: resource.name, puts, drops: [], nextOffsets: reached, at: now() })
    records += batch.records.length
    const left = ends.reduce((sum, end, partition) => sum + end - (positions[partition] ?? 0), 0)
    onProgress({ topic, done: total - left, total })
  }
  return records
}

/** What the index holds of a key whose last record this is. */
export function entryOf(
  record: KafkaRecord,
  topic: string,
  partition: number,
  resource: ResourceDescription,
): readonly [RecordKey, IndexEntry] {
  const key = parseRecordKey(record.key?.toString('utf8'))
  const headers = new Map(
    Object.entries(record.headers).map(([name, value]) => [name, value.toString('utf8')]),
  )
  const facts = parseHeaders(headers, resource)
  const schemaId = record.value === null ? NO_SCHEMA : unframe(record.value).schemaId
  if (key === undefined || facts === undefined) {
    throw new ListingstreamError(
      `Topic ${topic}, partition ${partition}, offset ${record.offset} holds a record that this program did not write. Nothing else may write to the topics of a feed; choose another TOPIC_PREFIX.`,
      { code: 'TOPIC_FOREIGN_RECORD', retryable: false },
    )
  }
  const { deleted, ...known } = facts
  const state = deleted || record.value === null ? 'deleted' : 'live'
  return [
    key,
    {
      ...known,
      state,
      schemaId: state === 'deleted' ? NO_SCHEMA : schemaId,
      partition,
      offset: record.offset,
      request: 0,
    },
  ]
}
