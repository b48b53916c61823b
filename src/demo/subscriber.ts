import { SchemaRegistry } from '../events/registry/schema-registry.ts'
import { WriterSchemas } from '../events/registry/writer-schemas.ts'
import { connectKafka, type KafkaCluster } from '../kafka/cluster.ts'

/** Where a subscriber finds the feed. */
export interface FeedAddress {
  readonly brokers: readonly string[]
  readonly registryUrl: string
  readonly topicPrefix: string
}

/** What any subscriber has, and nothing else. */
export interface Subscriber extends AsyncDisposable {
  readonly cluster: KafkaCluster
  /** The topic `listings`. */
  readonly topic: string
  readonly schemas: WriterSchemas
}

export async function openSubscriber(
  { brokers, registryUrl, topicPrefix }: FeedAddress,
  signal: AbortSignal,
): Promise<Subscriber> {
  const cluster = await connectKafka({ brokers, clientId: 'listingstream-demo' }, signal)
  return {
    cluster,
    topic: `${topicPrefix}.listings`,
    schemas: new WriterSchemas(new SchemaRegistry({ url: registryUrl })),
    [Symbol.asyncDispose]: () => cluster[Symbol.asyncDispose](),
  }
}
