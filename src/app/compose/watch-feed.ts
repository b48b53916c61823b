/** What a running feed looks at again before it publishes: its topics and its schemas are others' to change. */
import { RegistryLostError } from '../../events/registry/registry-errors.ts'
import { requireRegistered } from '../../events/registry/schema-look.ts'
import type { RowCodec } from '../../events/rows/row-codec.ts'
import { requireUnaltered, type FeedTopics } from '../../feed/topics.ts'
import { TopicError } from '../../feed/topic-error.ts'
import type { Logger } from '../../ops/logger.ts'
import { watchedPublisher } from '../../publisher/watched-publisher.ts'
import type { ChangePublisher } from '../../replication/ports.ts'
import type { FeedReader } from './feed-reader.ts'
import type { FeedEvents } from './open-events.ts'

/** A handful of small requests. */
const TOPICS_LOOK_MS = 15_000
/** One request for each schema in use. */
const SCHEMAS_LOOK_MS = 60_000

export interface WatchedParts {
  readonly reader: FeedReader
  readonly topics: FeedTopics
  readonly events: FeedEvents
  readonly rowCodec: RowCodec | undefined
}

export function watchFeed(
  publisher: ChangePublisher,
  {
    reader: { cluster, names, resources, withRows, registry },
    topics,
    events: { eventCodec, stateCodec },
    rowCodec,
  }: WatchedParts,
  logger: Logger,
): ChangePublisher {
  const monotonic = (): number => performance.now()
  const unaltered = watchedPublisher(publisher, {
    look: (signal) => requireUnaltered(cluster, { names, resources, withRows }, topics, signal),
    isFinding: (error) => error instanceof TopicError,
    onBlind: (err) => logger.debug({ err }, 'the topics could not be looked at'),
    intervalMs: TOPICS_LOOK_MS,
    monotonic,
  })
  return watchedPublisher(unaltered, {
    async look(signal) {
      const inUse = [
        ...stateCodec.schemasInUse(),
        ...eventCodec.schemasInUse(),
        ...(rowCodec?.schemasInUse() ?? []),
      ]
      const restored = await requireRegistered(registry, inUse, signal)
      if (restored.length === 0) return
      const ids = restored.map(({ id }) => id)
      logger.warn(
        { ids },
        'the schema registry had lost schemas; they are registered again under the same ids',
      )
    },
    isFinding: (error) => error instanceof RegistryLostError,
    onBlind: (err) => logger.debug({ err }, 'the schemas could not be looked at'),
    intervalMs: SCHEMAS_LOOK_MS,
    monotonic,
  })
}
