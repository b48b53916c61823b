import type { ResourceDescription } from '../domain/resource.ts'
import { decodeValue, type DecodedValue } from '../events/decode-value.ts'
import { SchemaRegistry } from '../events/registry/schema-registry.ts'
import { WriterSchemas } from '../events/registry/writer-schemas.ts'
import { connectKafka, type KafkaCluster } from '../kafka/cluster.ts'

/** Of subscribers in Kafka's logs. */
export const CLIENT_ID = 'listingstream-demo'

/** Where a subscriber finds the feed. */
export interface FeedAddress {
  readonly brokers: readonly string[]
  readonly registryUrl: string
  readonly topicPrefix: string
}

/** What any subscriber has, and nothing else. */
export interface Subscriber extends AsyncDisposable {
  readonly cluster: KafkaCluster
  /** Null for a tombstone. */
  decode(value: Uint8Array | null, signal: AbortSignal): Promise<DecodedValue | null>
}

export async function openSubscriber(
  { brokers, registryUrl }: FeedAddress,
  signal: AbortSignal,
): Promise<Subscriber> {
  const cluster = await connectKafka({ brokers, clientId: CLIENT_ID }, signal)
  const schemas = new WriterSchemas(new SchemaRegistry({ url: registryUrl }))
  return {
    cluster,
    decode: async (value, signal) => (value === null ? null : await decodeValue(value, schemas, signal)),
    [Symbol.asyncDispose]: () => cluster[Symbol.asyncDispose](),
  }
}

/** The topic that the records of a resource are in. */
export function topicOf(
  { topicPrefix }: Pick<FeedAddress, 'topicPrefix'>,
  { name }: Pick<ResourceDescription, 'name'>,
): string {
  return `${topicPrefix}.${name}`
}
