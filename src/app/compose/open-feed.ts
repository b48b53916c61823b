/** The composition root: connects every adapter, takes the feed over, and hands back what runs its passes. */
import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { resolve } from 'node:path'

import type { Settings } from '../../config/settings.ts'
import { EventCodec } from '../../events/event-codec.ts'
import { ListingEncoder, MAX_RECORD_BYTES } from '../../events/content/listing-encoder.ts'
import { ListingSchemas } from '../../events/schema/listing-schemas.ts'
import { requireRegistered } from '../../events/registry/schema-look.ts'
import type { SchemaRegistry } from '../../events/registry/schema-registry.ts'
import type { Owner } from '../../events/state-records.ts'
import { WriterSchemas } from '../../events/registry/writer-schemas.ts'
import { connectKafka, type KafkaCluster } from '../../kafka/cluster.ts'
import type { LevelKeyIndex } from '../../key-index/level-key-index.ts'
import { openKeyIndex } from '../../key-index/open-key-index.ts'
import { passId, type PassKind, type SourceIdentity } from '../../domain/pass.ts'
import { RESOURCES } from '../../resources/index.ts'
import { LISTINGS } from '../../resources/listings.ts'
import type { Logger } from '../../ops/logger.ts'
import type { Metrics } from '../../ops/metrics.ts'
import type { Outages } from '../../ops/outages.ts'
import type { WalkTotals } from '../../ops/walk-totals.ts'
import { CheckpointLog } from '../../feed/checkpoint-log.ts'
import { holdReasons, lastMarkers } from '../../feed/control-log.ts'
import { readDeadLetters, type DeadLetterSummary } from '../../feed/dead-letter-log.ts'
import { recoverIndex } from '../../recovery/index-recovery.ts'
import type { KafkaPublisher } from '../../publisher/kafka-publisher.ts'
import { listingLimit } from '../../feed/record-limits.ts'
import { takeOver } from '../../publisher/take-over.ts'
import {
  ensureTopics,
  requireSamePartitions,
  requireUnaltered,
  topicNames,
  type FeedTopics,
  type TopicNames,
} from '../../feed/topics.ts'
import { watchedPublisher } from '../../publisher/watched-publisher.ts'
import type { Candidates } from '../../replication/delete-candidates.ts'
import type { Feed } from '../../replication/feed.ts'
import { ServerClock } from '../../replication/server-clock.ts'
import { FeedRunner } from '../../replication/feed-runner.ts'
import { CommittedState } from '../../replication/committed-state.ts'
import { NoSnapshotError } from '../../replication/pass-errors.ts'
import { PageCommitter } from '../../replication/page-committer.ts'
import type { Observer } from '../../replication/ports.ts'
import type { FeedIdentity, FeedState } from '../../domain/feed-state.ts'
import { EVERYTHING } from '../../replication/window.ts'
import { PLAIN_PAGE_READER, type PageReader } from '../../spark/page-body.ts'
import { METADATA_PATHS } from '../../spark/spark-metadata.ts'
import { createSparkSource, type SparkSource } from '../../spark/spark-source.ts'
import { sleep } from '../../support/abort.ts'
import { atMostEvery } from '../../support/at-most-every.ts'
import { ListingstreamError } from '../../support/errors.ts'
import { firstOfSeries } from '../../support/first-of-series.ts'
import { laxMode } from '../../support/private-folder.ts'
import { kafkaSettings, schemaRegistry } from './clients.ts'
import { previewDeletes, type DeletePreview } from '../passes/delete-preview.ts'
import { countLive } from '../reports/live-records.ts'
import { MetadataCache } from './metadata-cache.ts'
import { MetadataRefresher } from './metadata-refresher.ts'
import { requireFree, requireSameSource, type TakeOverWishes } from './ownership.ts'
import { ThreadedPageReader } from './page-reader.ts'
import { PROGRAM, VERSION } from '../version.ts'
import { now, SYSTEM_CLOCK } from './system-clock.ts'

export type FeedSettings = Pick<Settings, 'spark' | 'kafka' | 'registry' | 'feed' | 'topics' | 'passes'>

export interface OpenFeedOptions {
  readonly settings: FeedSettings
  readonly wishes: TakeOverWishes
  /** `snapshot --restart` */
  readonly restart: boolean
  /** The pass that a command wants: it is refused before anything is claimed or written if it cannot be. @default any */
  readonly pass?: PassKind
  /** The daemon waits for Kafka as long as it takes; a one-pass command gives up. */
  readonly patient: boolean
  readonly logger: Logger
  readonly metrics: Metrics
  readonly observer: Observer
  readonly outages: Outages
  /** Told what a full walk will show, as far as that is known. */
  readonly totals: WalkTotals
}

export interface OpenFeed extends AsyncDisposable {
  readonly runner: FeedRunner
  readonly owner: Owner
  readonly source: SourceIdentity
  readonly publisher: KafkaPublisher
  /** Letters that wait, of all resources, oldest first. */
  openLetters(signal: AbortSignal): Promise<readonly DeadLetterSummary[]>
  liveRecords(signal: AbortSignal): Promise<number>
  /** Of listings. */
  previewDeletes(candidates: Candidates, signal: AbortSignal): Promise<DeletePreview>
}

const METADATA: ReadonlySet<string> = new Set(METADATA_PATHS)

/** What a running feed must not be published into any more. */
const ALTERED_CODES: ReadonlySet<string> = new Set(['TOPIC_MISCONFIGURED', 'TOPIC_MISSING'])
/** A handful of small requests. */
const TOPICS_LOOK_MS = 15_000
const LOST_CODES: ReadonlySet<string> = new Set(['REGISTRY_LOST'])
/** One request for each schema in use. */
const SCHEMAS_LOOK_MS = 60_000

/** How long a one-pass command may try to find out whether its last transaction was committed. */
const SETTLE_WITHIN_MS = 120_000
/** How often the daemon looks whether the process that it took the feed from has let go of the index. */
const LOCK_POLL_MS = 200
/** A transaction in doubt is asked about again and again; so long after the last question it is another one. */
const DOUBT_QUIET_MS = 5 * 60_000
/** How often a long recovery of the index is told of. */
const PROGRESS_INTERVAL_MS = 5_000

export async function openFeed(options: OpenFeedOptions, signal: AbortSignal): Promise<OpenFeed> {
  const { settings, logger } = options
  await using opened = new AsyncDisposableStack()
  const held = opened.use(await openUnlessLocked(options, signal))
  await warnOfLaxFolder(options)
  const serverClock = new ServerClock(settings.passes.updateOverlapMs)
  const identity = await identify(options, serverClock, signal)
  const cluster = opened.use(
    await connectKafka(kafkaSettings(settings.kafka, logger, options.outages), signal),
  )
  const names = topicNames(settings.feed.topicPrefix)
  const registry = schemaRegistry(settings.registry, options.outages)
  const written = new WriterSchemas(registry)
  const log = new CheckpointLog(cluster, names.checkpoints, written)
  await requireBase(options, cluster, log, names, signal)
  const schemas = new ListingSchemas({
    registry,
    topic: names.data(LISTINGS),
    resource: LISTINGS,
    volatileFields: settings.passes.volatileFields,
  })
  const codec = await EventCodec.open(registry, eventTopics(names), schemas, signal)
  const made = await makeTopics(options, cluster, names, signal)
  const { partitions, deleteRetention, remarks, recordLimits } = made
  for (const { topic, level, text } of remarks) logger[level]({ topic }, text)

  await log.refresh(signal)
  const owner = newOwner(options, identity, cluster, log)
  requireSameSource(log, identity, options.wishes)
  if (!options.restart) requireSamePartitions(log.nextOffsets, partitions, names)
  requireFree(log, owner, settings.passes.updateIntervalMs, Date.now(), options.wishes)
  const before = log.owner
  const beforeAliveAt = log.ownerAliveAt

  const { publisher, state, extent } = await takeOver(
    {
      cluster,
      names,
      codec,
      log,
      owner,
      source: identity,
      partitions,
      resources: RESOURCES,
      restart: options.restart,
      producer: {
        compression: settings.kafka.compression,
        transactionTimeoutMs: settings.kafka.transactionTimeoutMs,
        onAbandoned: () =>
          logger.warn(
            { transactionTimeoutMs: settings.kafka.transactionTimeoutMs },
            'Kafka does not answer, so that a transaction stays open: it ends by its timeout or with the next start',
          ),
      },
      deadLetterBytes: recordLimits.get(names.deadLetters)?.bytes,
      settleWithinMs: options.patient ? undefined : SETTLE_WITHIN_MS,
      onTransaction: (seconds) => options.metrics.transaction(seconds),
      onDoubt: firstOfSeries(DOUBT_QUIET_MS, (err) =>
        logger.warn({ err }, 'Kafka does not say whether a transaction was committed; asking again'),
      ),
      now,
    },
    signal,
  )
  opened.use(publisher)
  if (before !== undefined) {
    const { host, pid, dataDir } = before
    logger.info(
      { host, pid, dataDir, aliveAt: new Date(beforeAliveAt).toISOString() },
      'took the feed over from its last owner',
    )
  }

  const index = held ?? opened.use(await openWhenFree(options, signal))
  const feedIdentity: FeedIdentity = {
    prefix: names.prefix,
    generation: state.generation,
    clusterId: cluster.clusterId,
    source: identity,
    partitions: Object.fromEntries(partitions),
  }
  const recovery = await recoverIndex(
    {
      cluster,
      names,
      resources: RESOURCES,
      index,
      feed: feedIdentity,
      extent,
      deleteRetention,
      now,
      onProgress: atMostEvery(PROGRESS_INTERVAL_MS, (progress) =>
        logger.info({ ...progress }, 'reading the topics back'),
      ),
    },
    signal,
  )
  logger.info({ ...recovery, generation: state.generation }, 'key index is up with the topics')
  const running = [...state.passes.values()].filter((progress) => progress.state === 'running')
  await index.ledger.keepOnly(running.map((progress) => progress.passId))

  const limit = listingLimit(recordLimits.get(names.data(LISTINGS)), MAX_RECORD_BYTES)
  const encoder = new ListingEncoder(schemas, limit)
  const pageReader = opened.use(
    new ThreadedPageReader({ schemas, encoder, limit, timeoutMs: settings.spark.requestTimeoutMs }),
  )
  const source = opened.use(
    sparkSource(options, serverClock, (index.state()?.request ?? 0) + 1, pageReader, identity),
  )
  const unaltered = watchedPublisher(publisher, {
    look: (inner) => requireUnaltered(cluster, { names, resources: RESOURCES }, partitions, inner),
    stopsFor: ALTERED_CODES,
    onBlind: (err) => logger.debug({ err }, 'the topics could not be looked at'),
    intervalMs: TOPICS_LOOK_MS,
  })
  const watched = watchedPublisher(unaltered, {
    look: (inner) => keepRegistered(registry, codec, logger, inner),
    stopsFor: LOST_CODES,
    onBlind: (err) => logger.debug({ err }, 'the schemas could not be looked at'),
    intervalMs: SCHEMAS_LOOK_MS,
  })
  const feed = assemble(options, {
    source,
    publisher: watched,
    index,
    schemas,
    encoder,
    cache: await metadataCache(options, identity),
    deleteRetention,
    serverClock,
    state: new CommittedState(state),
  })
  for (const [resource, watermark] of state.watermarks) options.observer.watermarkMoved(resource, watermark)
  for (const [track, at] of log.completedAt) options.metrics.succeeded(track, at)
  const isHeld = [...state.passes.values()].some(({ deletes }) => deletes.held > 0)
  const markers = isHeld ? await lastMarkers(cluster, names.control, written, signal) : []
  const reasons = holdReasons(markers)
  for (const [track, progress] of state.passes) {
    const completedAt = log.completedAt.get(track)
    options.observer.passRecovered?.(progress, completedAt, reasons.get(progress.resource))
  }
  const counting = opened.adopt(new AbortController(), (stop) => stop.abort())
  learnTotals(options, state, source, counting.signal)
  const owned = opened.move()
  return {
    runner: new FeedRunner(feed),
    owner,
    source: identity,
    publisher,
    async openLetters(signal) {
      const letters = await readDeadLetters({ cluster, names }, () => undefined, signal)
      return letters.filter(({ settledAt }) => settledAt === null)
    },
    liveRecords: (signal) => countLive(index, signal),
    previewDeletes(candidates, signal) {
      const topic = names.data(LISTINGS)
      return previewDeletes({ cluster, topic, schemas: written }, candidates, signal)
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

/** By the last full walk; before the first one the source is asked, if somebody watches. */
function learnTotals(
  { totals }: OpenFeedOptions,
  { passes }: FeedState,
  source: SparkSource,
  signal: AbortSignal,
): void {
  for (const resource of RESOURCES) {
    const walks = [passes.get(`${resource.name}/snapshot`), passes.get(`${resource.name}/purge`)]
    const walked = walks.filter((pass) => pass?.state === 'completed').map((pass) => pass?.walked ?? 0)
    if (walked.length > 0) totals.learn(resource.name, Math.max(...walked))
    if (totals.knows(resource.name) || !process.stderr.isTTY) continue
    source.count(resource, EVERYTHING, signal).then(
      (count) => {
        if (count !== undefined && !totals.knows(resource.name)) totals.learn(resource.name, count)
      },
      // Without it the progress has no percentage; the walk reports what is wrong with the source.
      () => undefined,
    )
  }
}

async function keepRegistered(
  registry: SchemaRegistry,
  codec: EventCodec,
  logger: Logger,
  signal: AbortSignal,
): Promise<void> {
  const restored = await requireRegistered(registry, codec.schemasInUse(), signal)
  if (restored.length === 0) return
  const ids = restored.map(({ id }) => id)
  logger.warn({ ids }, 'the schema registry had lost schemas; they are registered again under the same ids')
}

interface Parts extends Pick<Feed, 'publisher' | 'index' | 'state' | 'deleteRetention' | 'serverClock'> {
  readonly source: SparkSource
  readonly schemas: ListingSchemas
  readonly encoder: ListingEncoder
  readonly cache: MetadataCache
}

function assemble({ settings, observer, metrics, logger }: OpenFeedOptions, parts: Parts): Feed {
  const { source, publisher, index, state, schemas, encoder, cache } = parts
  const { updateOverlapMs: overlap, guard } = settings.passes
  const clock = SYSTEM_CLOCK
  return {
    source,
    publisher,
    index,
    state,
    clock,
    serverClock: parts.serverClock,
    observer,
    overlap,
    guard,
    metadata: new MetadataRefresher({
      metadata: source.metadata,
      schemas,
      cache,
      observer,
      onFields: (names) => metrics.describedFields(names),
      logger,
    }),
    committer: new PageCommitter({ publisher, index, encoder, state, clock, observer, overlap }),
    newPassId: () => passId(randomUUID()),
    // A deleted key is remembered for the overlap at least: an answer from the source's cache would restore it (R9).
    deleteRetention: Math.max(parts.deleteRetention, overlap),
    batchSize: settings.spark.pageLimit,
  }
}

/** @param user of the feed, once that is known: a token that is renewed has to be the same user's. */
function sparkSource(
  { settings, metrics, outages }: OpenFeedOptions,
  serverClock: ServerClock,
  firstRequestNumber: number,
  pageReader: PageReader = PLAIN_PAGE_READER,
  user?: SourceIdentity,
): SparkSource {
  const { apiUrl, accessToken, requestTimeoutMs, pageLimit, expand } = settings.spark
  return createSparkSource({
    apiUrl,
    accessToken,
    user,
    requestTimeoutMs,
    pageLimit,
    expand: expand ?? undefined,
    userAgent: PROGRAM,
    firstRequestNumber,
    pageReader,
    tries: outages.of('spark-api'),
    clock: SYSTEM_CLOCK,
    onDate: (date, at) => serverClock.note(date, at),
    onRequest: (event) => {
      metrics.apiRequest(event)
      if (METADATA.has(event.path)) metrics.metadataCheck(event)
    },
  })
}

function metadataCache({ settings }: OpenFeedOptions, source: SourceIdentity): Promise<MetadataCache> {
  const { apiUrl, accessToken } = settings.spark
  return MetadataCache.open({ dataDir: settings.feed.dataDir, apiUrl, accessToken, source })
}

/**
 * Before anything is registered or written: the registry has to know what the checkpoints were written under.
 *
 * @throws {RegistryLostError} if it does not
 * @throws {NoSnapshotError} if the pass needs a snapshot that is not there.
 */
async function requireBase(
  { pass }: OpenFeedOptions,
  cluster: KafkaCluster,
  log: CheckpointLog,
  { checkpoints }: TopicNames,
  signal: AbortSignal,
): Promise<void> {
  const { size } = await cluster.describeTopics([checkpoints], signal)
  if (size > 0) await log.refresh(signal)
  if (pass === undefined || pass === 'snapshot') return
  const state = new CommittedState(log.state())
  const hasBase =
    pass === 'update' ? state.watermark(LISTINGS.name) !== undefined : state.hasSnapshot(LISTINGS.name)
  if (!hasBase) throw new NoSnapshotError(LISTINGS.name, pass)
}

/** What lies in it says what the source holds, and where the commands find the daemon. */
async function warnOfLaxFolder({ settings, logger }: OpenFeedOptions): Promise<void> {
  const { dataDir } = settings.feed
  const mode = await laxMode(dataDir)
  if (mode === undefined) return
  logger.warn(
    { dataDir, mode },
    'others than its owner have rights in DATA_DIR: take them away with chmod 700',
  )
}

/** Asked before anything is written anywhere: a wrong token must leave no trace. */
async function identify(
  options: OpenFeedOptions,
  serverClock: ServerClock,
  signal: AbortSignal,
): Promise<SourceIdentity> {
  await using source = sparkSource(options, serverClock, 1)
  return await source.identify(signal)
}

function eventTopics(names: TopicNames): Parameters<typeof EventCodec.open>[1] {
  return { listings: names.data(LISTINGS), checkpoints: names.checkpoints, control: names.control }
}

function makeTopics(
  { settings }: OpenFeedOptions,
  cluster: KafkaCluster,
  names: TopicNames,
  signal: AbortSignal,
): Promise<FeedTopics> {
  const { partitions, replicationFactor, create } = settings.topics
  return ensureTopics(
    cluster,
    {
      names,
      resources: RESOURCES,
      partitions,
      replicationFactor: replicationFactor ?? undefined,
      create,
    },
    signal,
  )
}

function newOwner(
  { settings }: OpenFeedOptions,
  source: SourceIdentity,
  { clusterId }: KafkaCluster,
  log: CheckpointLog,
): Owner {
  const startedAt = now()
  return {
    instanceId: randomUUID(),
    host: hostname(),
    pid: process.pid,
    dataDir: resolve(settings.feed.dataDir),
    startedAt,
    aliveAt: startedAt,
    version: VERSION,
    generation: log.generation,
    seq: log.seq,
    source,
    clusterId,
  }
}

/** Undefined if another process has the index and this one may take it from there: the daemon that is replaced. */
async function openUnlessLocked(
  { settings, wishes }: OpenFeedOptions,
  signal: AbortSignal,
): Promise<LevelKeyIndex | undefined> {
  try {
    return await openKeyIndex(settings.feed.dataDir, {}, signal)
  } catch (error) {
    if (wishes.anyOwner && isLocked(error)) return undefined
    throw error
  }
}

/** The process that held the index finds itself fenced within seconds, and ends. */
async function openWhenFree(
  { settings, logger }: OpenFeedOptions,
  signal: AbortSignal,
): Promise<LevelKeyIndex> {
  const { dataDir } = settings.feed
  for (let told = false; ; told = true) {
    try {
      return await openKeyIndex(settings.feed.dataDir, {}, signal)
    } catch (error) {
      if (!isLocked(error)) throw error
      if (!told) logger.info({ dataDir }, 'waiting until the process that holds DATA_DIR lets go of it')
      await sleep(LOCK_POLL_MS, signal)
    }
  }
}

function isLocked(error: unknown): boolean {
  return error instanceof ListingstreamError && error.code === 'INDEX_LOCKED'
}
