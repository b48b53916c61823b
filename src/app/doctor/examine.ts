/** `doctor`: everything that a feed stands on, looked at without writing anything. */
import { namesOfFeeds, type FeedChoice } from '../../config/load-settings.ts'
import { SettingsError } from '../../config/settings-error.ts'
import type { Settings } from '../../config/settings.ts'
import type { SourceIdentity } from '../../domain/pass.ts'
import type { ListedResource } from '../../domain/resource.ts'
import type { KafkaSettings } from '../../kafka/settings.ts'
import type { Logger } from '../../ops/logger.ts'
import { Outages } from '../../ops/outages.ts'
import { topicSpecs } from '../../feed/topic-specs.ts'
import { misfitOf } from '../budget/misfit.ts'
import { chosenResources } from '../compose/chosen-resources.ts'
import { kafkaSettings } from '../compose/clients.ts'
import { loggerFor } from '../compose/feed-logger.ts'
import { connectFeed, type FeedReader } from '../compose/feed-reader.ts'
import { requireSameSource } from '../compose/ownership.ts'
import { plaintextCredentials } from '../compose/plaintext.ts'
import { now } from '../compose/system-clock.ts'
import { checkBrokerLimits, checkEachBroker } from './check-brokers.ts'
import { checkIndex } from './check-index.ts'
import { checkDisk, checkFolder, checkHttp, checkOpenFiles } from './check-machine.ts'
import { checkRegistry, requireRegistry } from './check-registry.ts'
import { checkRights } from './check-rights.ts'
import { checkSource, type SourceFindings } from './check-source.ts'
import { checkTopics } from './check-topics.ts'
import { failed, ok, warning, wrong, type Finding } from './finding.ts'
import { ofAllFeeds } from './findings-of-feeds.ts'
import { loadWhatIsRight } from './load-what-is-right.ts'
import { look } from './look.ts'

/** What is found is told, not logged; secrets are struck from it all the same (R15). */
const LOG = { level: 'silent' } as const

/** Of the feed that is meant, or of each: then each finding says whose it is, but for those that all of them have. */
export async function examine(choice: FeedChoice, signal: AbortSignal): Promise<readonly Finding[]> {
  const names = namesOf(choice)
  if (names.length < 2) return await examineFeed(choice, signal)
  const found: (readonly Finding[])[] = []
  // One after the other: they may share what the API takes of their key.
  for (const feed of names) found.push(await examineFeed({ feed }, signal))
  return ofAllFeeds(names, found)
}

/** None where the settings do not say it, which is found. */
function namesOf(choice: FeedChoice): readonly string[] {
  try {
    return namesOfFeeds({ ...choice, warn: () => undefined })
  } catch (error) {
    if (error instanceof SettingsError) return []
    throw error
  }
}

async function examineFeed(choice: FeedChoice, signal: AbortSignal): Promise<readonly Finding[]> {
  const { settings, findings: mistakes } = loadWhatIsRight(choice)
  const logger = loggerFor({ ...settings, log: LOG })
  const resources = resourcesOf(settings)
  const [source, topics, machine] = await Promise.all([
    lookAtSource(settings, resources, signal),
    lookAtKafka(settings, logger, signal),
    lookAtMachine(settings, signal),
  ])
  const together = lookAtBoth(settings, source, resources, topics.state)
  return [...mistakes, ...(source?.findings ?? []), ...topics.findings, ...together, ...machine]
}

/** None where the names are wrong, which is found already. */
function resourcesOf({ feed }: Partial<Settings>): readonly ListedResource[] {
  if (feed === undefined) return []
  try {
    return chosenResources(feed)
  } catch {
    return []
  }
}

async function lookAtSource(
  { spark, passes }: Partial<Settings>,
  resources: readonly ListedResource[],
  signal: AbortSignal,
): Promise<SourceFindings | undefined> {
  if (spark === undefined) return undefined
  const overlap = passes?.updateOverlapMs ?? 0
  return await checkSource({ spark, log: LOG }, resources, overlap, signal)
}

interface KafkaFindings {
  readonly findings: readonly Finding[]
  /** What the checkpoints say; undefined where they could not be read. */
  readonly state: FeedReader['log'] | undefined
}

async function lookAtKafka(
  settings: Partial<Settings>,
  logger: Logger,
  signal: AbortSignal,
): Promise<KafkaFindings> {
  const { kafka, registry, feed } = settings
  if (kafka === undefined) return { findings: [], state: undefined }
  const outages = new Outages(logger, now)
  const options: KafkaSettings = kafkaSettings(kafka, logger, outages)
  const brokers = await look('brokers', (within) => checkEachBroker(options, within), signal)
  const areSilent = brokers.some(({ state }) => state === 'wrong')
  if (areSilent || registry === undefined || feed === undefined || resourcesOf(settings).length === 0) {
    return { findings: brokers, state: undefined }
  }
  await using reader = await connectFeed({ kafka, registry, feed }, { logger, outages }, signal)
  const limits = await look('brokers', (within) => checkBrokerLimits(reader.cluster, kafka, within), signal)
  const silence = await look('registry', (within) => requireRegistry(reader, within), signal)
  if (silence.length > 0) return { findings: [...brokers, ...limits, ...silence], state: undefined }
  const schemas = await look('registry', (within) => checkRegistry(reader, within), signal)
  const checkpoints = await look('checkpoints', (within) => readCheckpoints(reader, within), signal)
  const isRead = checkpoints.every(({ state }) => state !== 'wrong')
  const rest = isRead ? await lookAtFeed(settings, reader, signal) : []
  const findings = [...brokers, ...limits, ...schemas, ...checkpoints, ...rest]
  return { findings, state: isRead ? reader.log : undefined }
}

/** Needs the schemas that they were written under. */
async function readCheckpoints({ log, names }: FeedReader, signal: AbortSignal): Promise<readonly Finding[]> {
  await log.refreshIfThere(signal)
  const { owner } = log
  if (log.source === null || owner === undefined) {
    return [
      ok('checkpoints', `the feed ${names.prefix} has not begun: "listingstream snapshot", or "run", does`),
    ]
  }
  return [
    ok(
      'checkpoints',
      `the feed ${names.prefix} is at transaction ${log.seq}, last of the process ${owner.pid} on ${owner.host}`,
    ),
  ]
}

async function lookAtFeed(
  { topics, passes, feed }: Partial<Settings>,
  reader: FeedReader,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const { cluster, names, resources, withRows, log } = reader
  const isFilled = log.source !== null
  const specs = topicSpecs({ names, resources, withRows, partitions: 1 })
  const all = specs.map(({ name }) => name)
  const rights = await look('rights', (within) => checkRights(cluster, names, all, isFilled, within), signal)
  const kept =
    topics === undefined || passes === undefined
      ? []
      : await look('topics', (within) => checkTopics(reader, { topics, passes }, within), signal)
  const index =
    feed === undefined
      ? []
      : await look('index', (within) => checkIndex(feed.dataDir, reader, within), signal)
  return [...rights, ...kept, ...index]
}

function lookAtBoth(
  { spark, passes, kafka, registry }: Partial<Settings>,
  source: SourceFindings | undefined,
  resources: readonly ListedResource[],
  log: FeedReader['log'] | undefined,
): readonly Finding[] {
  const plain = plaintextCredentials({ spark, kafka, registry }).map(({ setting, problem }) =>
    warning('settings', `${setting}: ${problem}`, `Correct ${setting}.`),
  )
  if (source === undefined || source.identity === undefined || log === undefined) return plain
  const { identity, counts } = source
  const same = judgeSource(log, identity)
  if (spark === undefined || passes === undefined) return [...plain, ...same]
  const given = { records: counts, changesPerDay: new Map() }
  const misfit = misfitOf({ spark, passes }, spark.apiRate, resources, given, log.state().passes)
  const rate =
    misfit === null
      ? ok('rate', `API_RATE=${spark.apiRate} in 5 minutes is enough for these settings`)
      : wrong(
          'rate',
          misfit,
          'Ask the vendor for a higher rate and set API_RATE, or use "listingstream plan-requests" to choose longer intervals.',
        )
  return [...plain, ...same, rate]
}

function judgeSource(log: FeedReader['log'], identity: SourceIdentity): readonly Finding[] {
  try {
    requireSameSource(log, identity, { anyOwner: true, acceptSource: false })
    return []
  } catch (error) {
    return [failed('source', error)]
  }
}

async function lookAtMachine(
  { feed, http }: Partial<Settings>,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const folder =
    feed === undefined
      ? []
      : [
          ...(await look('folder', () => checkFolder(feed.dataDir), signal)),
          ...(await look('disk', () => checkDisk(feed.dataDir), signal)),
        ]
  return [...folder, ...(await checkOpenFiles()), ...(http === undefined ? [] : checkHttp(http))]
}
