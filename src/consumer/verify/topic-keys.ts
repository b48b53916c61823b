/** What a data topic says of its keys, by the headers of its records alone. */
import { parseRecordKey } from '../../domain/record-key.ts'
import type { ResourceDescription } from '../../domain/resource.ts'
import { EventError } from '../../events/event-error.ts'
import { HeaderFactsReader } from '../../feed/header-facts.ts'
import type { TopicNames } from '../../feed/topic-names.ts'
import type { KafkaCluster } from '../../kafka/cluster.ts'
import { readTopic } from '../../kafka/read-topic.ts'
import { prefetch } from '../../support/prefetch.ts'
import type { ComparedKeys, Stretch } from './compared-keys.ts'

export interface TopicStretches {
  /** Of the topic, by partition. */
  readonly starts: readonly number[]
  /** Where the certificate's part ends. */
  readonly certified: readonly number[]
  /** Where the store's part ends. */
  readonly stored: readonly number[]
  /** Last stable offsets. */
  readonly ends: readonly number[]
}

/** Resolves with the number of records. @throws {EventError} EVENT_UNREADABLE for a record of another program */
export async function readTopicKeys(
  { cluster, names }: { readonly cluster: KafkaCluster; readonly names: TopicNames },
  resource: ResourceDescription,
  { starts, certified, stored, ends }: TopicStretches,
  keys: ComparedKeys,
  signal: AbortSignal,
): Promise<number> {
  const topic = names.data(resource)
  const ranges = ends.map((to, partition) => ({ partition, from: starts[partition] ?? 0, to }))
  const headers = new HeaderFactsReader(resource)
  let count = 0
  const blocks = prefetch((ending) => readTopic(cluster, { topic, ranges }, ending), 1, signal)
  for await (const { partition, records } of blocks) {
    for (const record of records) {
      const key = parseRecordKey(record.key?.toString('utf8'))
      const facts = headers.read(record)
      if (key === undefined || facts === undefined) throw foreign(topic, partition, record.offset)
      const isGone = record.value === null || facts.deleted
      const stretch = stretchOf(record.offset, certified[partition] ?? 0, stored[partition] ?? 0)
      keys.putRecord(stretch, key, isGone ? null : facts.digest)
    }
    count += records.length
  }
  return count
}

function stretchOf(offset: number, certified: number, stored: number): Stretch {
  if (offset < certified) return 'certified'
  return offset < stored ? 'since' : 'later'
}

function foreign(topic: string, partition: number, offset: number): EventError {
  return new EventError(
    `The record at offset ${offset} of partition ${partition} of ${topic} has not the key and headers of an event: some other program wrote to the topic. Give listingstream a TOPIC_PREFIX of its own.`,
  )
}
