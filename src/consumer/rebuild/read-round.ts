/** A round's records from Kafka to the writer: several partitions in flight, decoding and writing beside reading. */
import { parseSchemaId } from '../../domain/content.ts'
import type { NextOffsets } from '../../domain/pass.ts'
import type { ResourceName } from '../../domain/resource.ts'
import { EventError } from '../../events/event-error.ts'
import type { SchemaRegistry } from '../../events/registry/schema-registry.ts'
import type { TopicNames } from '../../feed/topic-names.ts'
import type { KafkaCluster } from '../../kafka/cluster.ts'
import { readRanges, type KafkaRecord, type RecordBatch, type TopicRange } from '../../kafka/read-topic.ts'
import { prefetch } from '../../support/prefetch.ts'
import type { PlannedRound } from './plan-round.ts'
import { packBatch } from './writing/packed-batch.ts'
import type { RebuildWriter, Staged } from './writing/writer.ts'

/** Batches that the writer may have in hand: what they hold is in memory (R14). */
const BATCHES_AHEAD = 3

export interface RoundReading {
  readonly cluster: KafkaCluster
  readonly names: TopicNames
  readonly registry: Pick<SchemaRegistry, 'byId'>
  readonly writer: RebuildWriter
  /** Schemas that the writer knows, by id. */
  readonly taught: Set<number>
  /** Told of each batch that is safe in the store. */
  readonly onStaged: (resource: ResourceName, staged: Staged, reached: NextOffsets) => void
}

/** Resolves once everything below the round's ends is staged. */
export async function readRound(
  reading: RoundReading,
  { round, resources, from }: PlannedRound,
  signal: AbortSignal,
): Promise<void> {
  const { cluster, names, writer, onStaged } = reading
  const byTopic = new Map(resources.map((name) => [names.data({ name }), name]))
  const reached = new Map(resources.map((name) => [name, [...(from[name] ?? [])]]))
  const ranges = [...byTopic].flatMap(([topic, name]) =>
    rangesOf(topic, from[name] ?? [], round.ends[name] ?? []),
  )
  const inHand: Promise<void>[] = []
  try {
    for await (const batch of prefetch((ending) => readRanges(cluster, { ranges }, ending), 1, signal)) {
      const resource = byTopic.get(batch.topic)
      if (resource === undefined) continue
      const offsets = reached.get(resource) ?? []
      offsets[batch.partition] = batch.nextOffset
      if (batch.records.length === 0) continue
      await teach(reading, batch, signal)
      const now = Object.fromEntries([...reached].map(([name, next]) => [name, [...next]]))
      const packed = packBatch(batch.records, { resource, partition: batch.partition, reached: now })
      const staged = writer.stage(packed).then((done) => onStaged(resource, done, now))
      // It is looked at when its turn comes.
      staged.catch(() => undefined)
      inHand.push(staged)
      if (inHand.length >= BATCHES_AHEAD) await inHand.shift()
    }
    for (const staged of inHand) await staged
  } finally {
    await Promise.allSettled(inHand)
  }
}

function rangesOf(topic: string, from: readonly number[], ends: readonly number[]): readonly TopicRange[] {
  return ends.map((to, partition) => ({ topic, partition, from: Math.min(from[partition] ?? 0, to), to }))
}

async function teach(
  { registry, writer, taught }: RoundReading,
  batch: RecordBatch,
  signal: AbortSignal,
): Promise<void> {
  for (const record of batch.records) {
    const id = schemaIdOf(record)
    if (id === undefined || taught.has(id)) continue
    const parsed = parseSchemaId(id)
    const text = parsed === undefined ? undefined : await registry.byId(parsed, signal)
    if (text === undefined) {
      throw new EventError(
        `A record of ${batch.topic} was written with schema ${id}, which the schema registry does not know. Check that SCHEMA_REGISTRY_URL names the registry that its publisher uses.`,
      )
    }
    await writer.learn({ id, text })
    taught.add(id)
  }
}

/** Undefined for a tombstone, and for what is not in the wire format, which the writer refuses. */
function schemaIdOf({ value }: KafkaRecord): number | undefined {
  return value === null || value.length < 5 ? undefined : value.readUInt32BE(1)
}
