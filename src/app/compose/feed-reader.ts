/** A feed as it is read: its topics, what their records were written under, and what its checkpoints say. */
import { published, type ListedResource, type ResourceDescription } from '../../domain/resource.ts'
import type { SchemaRegistry } from '../../events/registry/schema-registry.ts'
import { WriterSchemas } from '../../events/registry/writer-schemas.ts'
import { CheckpointLog } from '../../feed/checkpoint-log.ts'
import { HoldLog } from '../../feed/hold-log.ts'
import { topicNames, type TopicNames } from '../../feed/topic-names.ts'
import { connectKafka, type KafkaCluster } from '../../kafka/cluster.ts'
import type { Logger } from '../../ops/logger.ts'
import { Outages } from '../../ops/outages.ts'
import { chosenResources } from './chosen-resources.ts'
import { kafkaSettings, schemaRegistry } from './clients.ts'
import type { ReaderSettings } from './settings-groups.ts'
import { loggerFor, type LoggingSettings } from './feed-logger.ts'
import { now } from './system-clock.ts'

export interface FeedReader extends AsyncDisposable {
  readonly cluster: KafkaCluster
  /** Those that are replicated by passes of their own. */
  readonly listed: readonly ListedResource[]
  /** All that has a topic: the listed ones, and the sets of their parts. */
  readonly resources: readonly ResourceDescription[]
  /** Those that have a topic of rows, too (`ROW_TOPICS`): all or none. */
  readonly withRows: readonly ResourceDescription[]
  readonly names: TopicNames
  readonly registry: SchemaRegistry
  readonly writerSchemas: WriterSchemas
  /** Not read yet. */
  readonly log: CheckpointLog
  readonly holdLog: HoldLog
}

/** What of it is read without Kafka. */
export type FeedSchemas = Pick<FeedReader, 'names' | 'registry'>

/** For a command that only reads. */
export function openFeedReader(settings: ReaderSettings, signal: AbortSignal): Promise<FeedReader> {
  return connectFeed(settings, ownTold(settings), signal)
}

/** For a command that reads its schemas alone. */
export function openFeedSchemas(settings: Pick<ReaderSettings, 'registry' | 'feed' | 'log'>): FeedSchemas {
  const { outages } = ownTold(settings)
  return {
    names: topicNames(settings.feed.topicPrefix),
    registry: schemaRegistry(settings.registry, outages),
  }
}

/** Who is told what goes wrong meanwhile. */
interface Told {
  readonly logger: Logger
  readonly outages: Outages
}

function ownTold(settings: LoggingSettings): Told {
  const logger = loggerFor(settings)
  return { logger, outages: new Outages(logger, now) }
}

export async function connectFeed(
  settings: Pick<ReaderSettings, 'kafka' | 'registry' | 'feed'>,
  { logger, outages }: Told,
  signal: AbortSignal,
): Promise<FeedReader> {
  const listed = chosenResources(settings.feed)
  const resources = published(listed)
  const cluster = await connectKafka(kafkaSettings(settings.kafka, logger, outages), signal)
  const names = topicNames(settings.feed.topicPrefix)
  const registry = schemaRegistry(settings.registry, outages)
  const writerSchemas = new WriterSchemas(registry)
  return {
    cluster,
    listed,
    resources,
    withRows: settings.feed.rowTopics ? resources : [],
    names,
    registry,
    writerSchemas,
    log: new CheckpointLog(cluster, names.checkpoints, writerSchemas, resources),
    holdLog: new HoldLog({ cluster, topic: names.holds, schemas: writerSchemas }),
    [Symbol.asyncDispose]: () => cluster[Symbol.asyncDispose](),
  }
}
