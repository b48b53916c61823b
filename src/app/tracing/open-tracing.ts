import type { Settings } from '../../config/settings.ts'
import type { Logger } from '../../ops/logger.ts'
import type { SurroundPass } from '../../replication/feed-runner.ts'
import type { ChangePublisher } from '../../replication/ports.ts'
import type { SparkSource } from '../../spark/spark-source.ts'
import { VERSION } from '../version.ts'

/** What a feed is made with so that it is traced; where no collector is set, everything as it was. */
interface Tracing extends AsyncDisposable {
  readonly source: (source: SparkSource) => SparkSource
  readonly publisher: (publisher: ChangePublisher) => ChangePublisher
  readonly surround: SurroundPass | undefined
}

const UNTRACED: Tracing = {
  source: (source) => source,
  publisher: (publisher) => publisher,
  surround: undefined,
  [Symbol.asyncDispose]: () => Promise.resolve(),
}

export async function openTracing(
  { tracing, feed }: Pick<Settings, 'tracing' | 'feed'>,
  logger: Logger,
): Promise<Tracing> {
  const { endpoint, headers, service } = tracing
  if (endpoint === null) return UNTRACED
  const [{ OtelTracer }, { tracedPasses, tracedPublisher }, { tracedSource }] = await Promise.all([
    import('../../ops/otel-tracer.ts'),
    import('./traced-feed.ts'),
    import('./traced-source.ts'),
  ])
  const pairs = headers === null ? [] : headers.reveal().split(',').map(pairOf)
  const tracer = new OtelTracer({
    endpoint,
    headers: Object.fromEntries(pairs),
    service,
    version: VERSION,
    feed: feed.topicPrefix,
    logger,
  })
  return {
    source: (source) => tracedSource(source, tracer),
    publisher: (publisher) => tracedPublisher(publisher, tracer),
    surround: tracedPasses(tracer),
    [Symbol.asyncDispose]: () => tracer[Symbol.asyncDispose](),
  }
}

/** `name=value`, percent-encoded, as OpenTelemetry writes it. */
function pairOf(text: string): readonly [string, string] {
  const at = text.indexOf('=')
  return [text.slice(0, at).trim(), decodeURIComponent(text.slice(at + 1).trim())]
}
