/** `index check` and `index rebuild`: the key index against the topics, without taking the feed over. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'

import { loadSettings } from '../../config/load-settings.ts'
import type { Settings } from '../../config/settings.ts'
import { WriterSchemas } from '../../events/registry/writer-schemas.ts'
import { connectKafka, type KafkaCluster } from '../../kafka/cluster.ts'
import { openKeyIndex } from '../../key-index/open-key-index.ts'
import { RESOURCES } from '../../resources/index.ts'
import { CheckpointLog } from '../../feed/checkpoint-log.ts'
import { surveyFeed, type FeedSurvey } from '../../recovery/feed-survey.ts'
import { compareKeys, type ComparedKey } from '../../recovery/index-check.ts'
import { misfitOf, rebuildIndex } from '../../recovery/index-recovery.ts'
import { topicNames, type TopicNames } from '../../feed/topics.ts'
import type { IndexState, KeyIndex } from '../../replication/ports.ts'
import type { IndexEntry } from '../../domain/index-entry.ts'
import { printLine } from '../../support/print.ts'
import { kafkaSettings, schemaRegistry } from '../compose/clients.ts'
import { now } from '../compose/system-clock.ts'
import { createSteps } from '../reports/steps.ts'
import { loggerFor } from '../compose/surroundings.ts'

type IndexSettings = Pick<Settings, (typeof GROUPS)[number]>

const GROUPS = ['kafka', 'registry', 'feed', 'log'] as const
/** In DATA_DIR: what the topics say, to compare with. Whoever holds the index may use it. */
const SCRATCH_FOLDER = 'index-check'

/** Names every difference on stdout, one a line. Changes nothing; exit code 0 if there is none, otherwise 1. */
export async function checkIndex(signal: AbortSignal): Promise<number> {
  const settings = loadSettings(GROUPS)
  const { dataDir } = settings.feed
  await using index = await openKeyIndex(dataDir, { mustExist: true }, signal)
  await using topics = await openTopics(settings, index.state(), signal)
  const { feed, extent, deleteRetention } = topics.survey
  let differences = 0
  const report = (line: string): void => {
    differences += 1
    printLine(line)
  }
  const state = index.state()
  const misfit = state === null ? 'it states no feed' : misfitOf(state, feed, extent)
  if (misfit !== undefined) report(`the index is of no use: ${misfit}; the next start rebuilds it`)
  if (!(await index.verify()))
    report('the index is of no use: its checksums are wrong; the next start rebuilds it')

  await using scratch = await scratchFolder(dataDir)
  await using rebuilt = await openKeyIndex(scratch.path, {}, signal)
  await rebuild(rebuilt, topics, signal)
  let keys = 0
  for (const { name: resource } of RESOURCES) {
    for await (const compared of compareKeys({ resource, index, rebuilt, deleteRetention, now: now() })) {
      signal.throwIfAborted()
      keys += 1
      if (!compared.equal) report(describe(resource, compared))
    }
  }
  const found = differences === 1 ? '1 difference' : `${differences} differences`
  printLine(differences === 0 ? `index and topics agree: ${keys} keys` : `${found}, ${keys} keys compared`)
  return differences === 0 ? 0 : 1
}

/** R2's rebuild by hand. The index belongs to the feed of the last checkpoint; the next start brings it forward. */
export async function rebuildIndexByHand(signal: AbortSignal): Promise<number> {
  const settings = loadSettings(GROUPS)
  await using index = await openKeyIndex(settings.feed.dataDir, {}, signal)
  await using topics = await openTopics(settings, null, signal)
  const records = await rebuild(index, topics, signal)
  printLine(`index rebuilt from the topics: ${records} records, generation ${topics.survey.feed.generation}`)
  return 0
}

interface Topics extends AsyncDisposable {
  readonly cluster: KafkaCluster
  readonly names: TopicNames
  readonly survey: FeedSurvey
}

async function openTopics(
  settings: IndexSettings,
  index: IndexState | null,
  signal: AbortSignal,
): Promise<Topics> {
  await using opened = new AsyncDisposableStack()
  const cluster = opened.use(await connectKafka(kafkaSettings(settings.kafka, loggerFor(settings)), signal))
  const names = topicNames(settings.feed.topicPrefix)
  const schemas = new WriterSchemas(schemaRegistry(settings.registry))
  const log = new CheckpointLog(cluster, names.checkpoints, schemas)
  const survey = await surveyFeed({ cluster, names, log, index, resources: RESOURCES }, signal)
  const owned = opened.move()
  return { cluster, names, survey, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

function rebuild(
  index: KeyIndex,
  { cluster, names, survey: { feed, extent } }: Topics,
  signal: AbortSignal,
): Promise<number> {
  let percent = 0
  const work = async (): Promise<number> => {
    const records = await rebuildIndex(
      {
        cluster,
        names,
        resources: RESOURCES,
        index,
        feed,
        extent,
        now,
        onProgress: ({ done, total }) => (percent = total === 0 ? 100 : Math.floor((100 * done) / total)),
      },
      signal,
    )
    percent = 100
    return records
  }
  return createSteps().step(`Reading the topics of ${names.prefix}`, work, () => `${percent} %`)
}

async function scratchFolder(dataDir: string): Promise<AsyncDisposable & { readonly path: string }> {
  const path = join(dataDir, SCRATCH_FOLDER)
  const remove = (): Promise<void> => rm(path, { recursive: true, force: true })
  // One that was killed could not.
  await remove()
  return { path, [Symbol.asyncDispose]: remove }
}

function describe(resource: string, { key, index, topic }: ComparedKey): string {
  return `${resource} ${key}: index ${describeEntry(index)}; topic ${describeEntry(topic)}`
}

function describeEntry(entry: IndexEntry | undefined): string {
  if (entry === undefined) return 'does not know it'
  const { state, digest, schemaId, partition, offset } = entry
  const content = state === 'deleted' ? '' : ` ${digest} under schema ${schemaId}`
  return `${state}${content} at partition ${partition}, offset ${offset}`
}
