import { decodeValue } from '../events/decode-value.ts'
import { SchemaRegistry } from '../events/registry/schema-registry.ts'
import { WriterSchemas } from '../events/registry/writer-schemas.ts'
import { connectKafka } from '../kafka/cluster.ts'
import { readTopic } from '../kafka/read-topic.ts'
import { TopicReplay } from './topic-replay.ts'

/** Where a consumer finds the feed. */
export interface FeedAddress {
  readonly brokers: readonly string[]
  readonly registryUrl: string
  readonly topicPrefix: string
}

/** Reads the whole topic `listings`, read-committed, with nothing but what any subscriber has. */
export async function readListings(
  { brokers, registryUrl, topicPrefix }: FeedAddress,
  signal: AbortSignal,
): Promise<TopicReplay> {
  const topic = `${topicPrefix}.listings`
  const schemas = new WriterSchemas(new SchemaRegistry({ url: registryUrl }))
  await using cluster = await connectKafka({ brokers, clientId: 'listingstream-demo' }, signal)
  const offsets = await cluster.topicOffsets(topic, signal)
  const ranges = offsets.map(({ beginning, end }, partition) => ({ partition, from: beginning, to: end }))
  const replay = new TopicReplay()
  for await (const { records } of readTopic(cluster, { topic, ranges }, signal)) {
    for (const { key, value, headers } of records) {
      replay.add({
        key: key?.toString('utf8') ?? '',
        eventId: headers['ce_id']?.toString('utf8') ?? '',
        digest: headers['digest']?.toString('utf8') ?? '',
        decoded: value === null ? null : await decodeValue(value, schemas, signal),
      })
    }
  }
  replay.finish()
  return replay
}
