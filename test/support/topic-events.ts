import { decodeValue } from '../../src/events/decode-value.ts'
import { SchemaRegistry } from '../../src/events/schema-registry.ts'
import { WriterSchemas } from '../../src/events/writer-schemas.ts'
import { connectKafka } from '../../src/kafka/cluster.ts'
import { readTopic as readCommitted } from '../../src/kafka/read-topic.ts'
import { readTopic, type ConsumedRecord, type ReadTopicOptions } from './read-topic.ts'
import { testStack } from './test-stack.ts'

/** One committed record of a topic, decoded. */
export interface TopicEvent {
  readonly partition: number
  readonly offset: number
  readonly key: string
  /** Header `ce_id`. */
  readonly eventId: string
  /** Of the Avro record, or `Tombstone`. */
  readonly type: string
  /** Null for a tombstone. */
  readonly value: unknown
}

/** What Kafka's own console consumer reads of a topic, by partition and offset. */
export async function consoleEvents(
  topic: string,
  options: ReadTopicOptions,
  signal: AbortSignal,
): Promise<TopicEvent[]> {
  return decodeAll(await readTopic(topic, options, signal), signal)
}

/** The same, read in a fraction of the time by the room `kafka`. */
export async function committedEvents(topic: string, signal: AbortSignal): Promise<TopicEvent[]> {
  await using cluster = await connectKafka({ brokers: testStack().brokers, clientId: topic }, signal)
  const offsets = await cluster.topicOffsets(topic, signal)
  const ranges = offsets.map(({ beginning, end }, partition) => ({ partition, from: beginning, to: end }))
  const found: ConsumedRecord[] = []
  for await (const { partition, records } of readCommitted(cluster, { topic, ranges }, signal)) {
    found.push(
      ...records.map(({ offset, headers, key, value }) => ({ partition, offset, headers, key, value })),
    )
  }
  found.sort((a, b) => a.partition - b.partition || a.offset - b.offset)
  return decodeAll(found, signal)
}

async function decodeAll(records: readonly ConsumedRecord[], signal: AbortSignal): Promise<TopicEvent[]> {
  const schemas = new WriterSchemas(new SchemaRegistry({ url: testStack().registryUrl }))
  const events: TopicEvent[] = []
  for (const { partition, offset, headers, key, value } of records) {
    const { name, value: decoded } =
      value === null ? { name: 'Tombstone', value: null } : await decodeValue(value, schemas, signal)
    events.push({
      partition,
      offset,
      key: key?.toString('utf8') ?? '',
      eventId: headers['ce_id']?.toString('utf8') ?? '',
      type: name,
      value: decoded,
    })
  }
  return events
}
