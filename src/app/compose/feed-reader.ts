/** A feed as it is read: its topics, what their records were written under, and what its checkpoints say. */
import type { Settings } from '../../config/settings.ts'
import type { SchemaRegistry } from '../../events/registry/schema-registry.ts'
import { WriterSchemas } from '../../events/registry/writer-schemas.ts'
import { CheckpointLog } from '../../feed/checkpoint-log.ts'
import { topicNames, type TopicNames } from '../../feed/topics.ts'
import { connectKafka, type KafkaCluster } from '../../kafka/cluster.ts'
import type { Logger } from '../../ops/logger.ts'
import type { Outages } from '../../ops/outages.ts'
import { kafkaSettings, schemaRegistry } from './clients.ts'

export interface FeedReader extends AsyncDisposable {
  readonly cluster: KafkaCluster
  readonly names: TopicNames
  readonly registry: SchemaRegistry
  readonly writerSchemas: WriterSchemas
  /** Not read yet. */
  readonly log: CheckpointLog
}

/** @param outages those that the feed's health tells of */
export async function openFeedReader(
  settings: Pick<Settings, 'kafka' | 'registry' | 'feed'>,
  { logger, outages }: { readonly logger: Logger; readonly outages: Outages },
  signal: AbortSignal,
): Promise<FeedReader> {
  const cluster = await connectKafka(kafkaSettings(settings.kafka, logger, outages), signal)
  const names = topicNames(settings.feed.topicPrefix)
  const registry = schemaRegistry(settings.registry, outages)
  const writerSchemas = new WriterSchemas(registry)
  const log = new CheckpointLog(cluster, names.checkpoints, writerSchemas)
  return {
    cluster,
    names,
    registry,
    writerSchemas,
    log,
    [Symbol.asyncDispose]: () => cluster[Symbol.asyncDispose](),
  }
}
