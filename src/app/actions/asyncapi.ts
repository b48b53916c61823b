/** `asyncapi`: the feed's contract, from its topics and schemas as they are now. */
import { loadSettings, type FeedChoice } from '../../config/load-settings.ts'
import { eventRecords, type ResourceDescription } from '../../domain/resource.ts'
import type { SchemaRegistry } from '../../events/registry/schema-registry.ts'
import { subjectName, valueSubject } from '../../events/registry/subject-name.ts'
import { describeDataTopics } from '../../feed/topics.ts'
import type { TopicNames } from '../../feed/topic-names.ts'
import { printJson, printText } from '../../support/print.ts'
import { asYaml } from '../../contract/as-yaml.ts'
import { asyncApiDocument, type DescribedEvent } from '../../contract/asyncapi-document.ts'
import { openFeedReader } from '../compose/feed-reader.ts'
import { READER_GROUPS } from '../compose/settings-groups.ts'

export async function printAsyncApi(
  { json, feed }: FeedChoice & { readonly json?: true },
  signal: AbortSignal,
): Promise<number> {
  const settings = loadSettings(READER_GROUPS, { feed })
  const { brokers, ssl, sasl } = settings.kafka
  await using reader = await openFeedReader(settings, signal)
  const { cluster, names, resources, withRows, registry } = reader
  // Says what is missing, if so.
  await describeDataTopics(cluster, names, resources, signal)
  const contents = topicContents(names, resources, withRows)
  const found = await cluster.describeTopics(
    contents.map(({ name }) => name),
    signal,
  )
  const topics = []
  for (const { name, resource, isRows, records } of contents) {
    const topic = found.get(name)
    if (topic === undefined) continue
    const subject = isRows ? (): string => valueSubject(name) : (record: string) => subjectName(name, record)
    topics.push({ topic, resource, isRows, events: await eventsOf(registry, subject, records, signal) })
  }
  const document = asyncApiDocument({
    prefix: names.prefix,
    brokers,
    encrypted: ssl !== null,
    saslMechanism: sasl?.mechanism ?? null,
    ...(sasl?.mechanism === 'oauthbearer' ? { tokenUrl: sasl.tokenUrl } : {}),
    registryUrl: settings.registry.url,
    topics,
  })
  if (json === true) printJson(document)
  else printText(asYaml(document))
  return 0
}

interface TopicContent {
  /** Of the topic. */
  readonly name: string
  readonly resource: ResourceDescription | null
  /** It holds rows of them in the place of events. */
  readonly isRows: boolean
  /** Names of the Avro records. */
  readonly records: readonly string[]
}

function topicContents(
  names: TopicNames,
  resources: readonly ResourceDescription[],
  withRows: readonly ResourceDescription[],
): readonly TopicContent[] {
  return [
    ...resources.map((resource) => {
      return { name: names.data(resource), resource, isRows: false, records: eventRecords(resource) }
    }),
    ...withRows.map((resource) => {
      return { name: names.rows(resource), resource, isRows: true, records: [resource.rows.record] }
    }),
    {
      name: names.control,
      resource: null,
      isRows: false,
      records: ['PassMarker', 'SweepCertificate', 'FeedNotification'],
    },
    {
      name: names.checkpoints,
      resource: null,
      isRows: false,
      records: ['Owner', 'Watermark', 'Checkpoint', 'RowTopics', 'Truncation', 'Pauses'],
    },
    { name: names.deadLetters, resource: null, isRows: false, records: [] },
    { name: names.holds, resource: null, isRows: false, records: ['HeldKeys'] },
  ]
}

/** The latest versions of those that are registered; the first `snapshot` registers them all. */
async function eventsOf(
  registry: SchemaRegistry,
  subjectOf: (record: string) => string,
  records: readonly string[],
  signal: AbortSignal,
): Promise<readonly DescribedEvent[]> {
  const events: DescribedEvent[] = []
  for (const name of records) {
    const latest = await registry.version(subjectOf(name), 'latest', signal)
    if (latest !== undefined) events.push({ name, ...latest })
  }
  return events
}
