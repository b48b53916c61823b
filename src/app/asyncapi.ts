/** `asyncapi`: the feed's contract, from its topics and schemas as they are now. */
import { stringify } from 'yaml'

import { loadSettings } from '../config/load-settings.ts'
import type { SchemaFileName } from '../events/schema-file.ts'
import type { SchemaRegistry } from '../events/schema-registry.ts'
import { subjectName } from '../events/subject-name.ts'
import { connectKafka } from '../kafka/cluster.ts'
import { LISTINGS, RESOURCES } from '../listing/resource.ts'
import { describeDataTopics, topicNames, type TopicNames } from '../publisher/topics.ts'
import { asyncApiDocument, type DescribedEvent } from './asyncapi-document.ts'
import { kafkaSettings, schemaRegistry } from './clients.ts'
import { loggerFor } from './surroundings.ts'

export async function printAsyncApi({ json }: { json?: true }, signal: AbortSignal): Promise<number> {
  const settings = loadSettings(['kafka', 'registry', 'feed', 'log'])
  const { brokers, ssl, sasl } = settings.kafka
  const names = topicNames(settings.feed.topicPrefix)
  const registry = schemaRegistry(settings.registry)
  await using cluster = await connectKafka(kafkaSettings(settings.kafka, loggerFor(settings)), signal)
  // Says what is missing, if so.
  await describeDataTopics(cluster, names, RESOURCES, signal)
  const found = await cluster.describeTopics([...eventsByTopic(names).keys()], signal)
  const topics = []
  for (const [name, records] of eventsByTopic(names)) {
    const topic = found.get(name)
    if (topic !== undefined) topics.push({ topic, events: await eventsOf(registry, name, records, signal) })
  }
  const document = asyncApiDocument({
    names,
    brokers,
    encrypted: ssl !== null,
    saslMechanism: sasl?.mechanism ?? null,
    registryUrl: settings.registry.url,
    topics,
  })
  process.stdout.write(json === true ? `${JSON.stringify(document)}\n` : asYaml(document))
  return 0
}

/** As people write it: nothing shared by anchors. */
export function asYaml(document: object): string {
  return stringify(document, { aliasDuplicateObjects: false, lineWidth: 120 })
}

function eventsByTopic(names: TopicNames): ReadonlyMap<string, readonly SchemaFileName[]> {
  return new Map([
    [names.data(LISTINGS), ['ListingUpserted', 'ListingDeleted']],
    [names.control, ['PassMarker']],
    [names.checkpoints, ['Owner', 'Watermark', 'Checkpoint', 'Truncation']],
    [names.deadLetters, []],
  ])
}

/** The latest versions of those that are registered; the first `snapshot` registers them all. */
async function eventsOf(
  registry: SchemaRegistry,
  topic: string,
  records: readonly SchemaFileName[],
  signal: AbortSignal,
): Promise<readonly DescribedEvent[]> {
  const events: DescribedEvent[] = []
  for (const name of records) {
    const latest = await registry.version(subjectName(topic, name), 'latest', signal)
    if (latest !== undefined) events.push({ name, ...latest })
  }
  return events
}
