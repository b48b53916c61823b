/** The topics of the feed: how they are kept, and whether they are what the checkpoints speak of. */
import type { Settings } from '../../config/settings.ts'
import type { Millis } from '../../domain/instant.ts'
import { extentOfTopics, requireWhole } from '../../feed/topic-extent.ts'
import { changedPartitions, CHECKED_CONFIGS } from '../../feed/topics.ts'
import { remarksOn } from '../../feed/topic-remarks.ts'
import { lostWith, topicFaults, topicSpecs } from '../../feed/topic-specs.ts'
import type { TopicDescription } from '../../kafka/cluster.ts'
import type { FeedReader } from '../compose/feed-reader.ts'
import { span } from '../reports/phrases.ts'
import { failed, ok, warning, wrong, type Finding } from './finding.ts'

type TopicsSettings = Pick<Settings, 'topics' | 'passes'>

/** @param reader whose checkpoints are read */
export async function checkTopics(
  { cluster, names, resources, withRows, log }: FeedReader,
  { topics: { partitions, create }, passes }: TopicsSettings,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const specs = topicSpecs({ names, resources, withRows, partitions })
  const topics = specs.map(({ name }) => name)
  const found = await cluster.describeTopics(topics, signal, CHECKED_CONFIGS)
  const missing = topics.filter((name) => !found.has(name))
  const findings = [
    ...judgeMissing(missing, {
      create,
      isFilled: log.source !== null,
      data: resources.map((resource) => names.data(resource)),
      rows: withRows.map((resource) => names.rows(resource)),
    }),
    ...specs.flatMap((spec) =>
      topicFaults(spec, found.get(spec.name)).map((fault) => failed('topics', fault)),
    ),
    ...judgeRetention([...found.values()], passes.updateOverlapMaxMs),
    ...remarksOn([...found.values()])
      .filter(({ level }) => level === 'warn')
      .map(({ topic, text }) => warning('topics', `${topic}: ${text}`, 'Correct it with kafka-configs.')),
  ]
  const counts = new Map(
    resources.flatMap((resource) => {
      const topic = found.get(names.data(resource))
      return topic === undefined ? [] : [[resource.name, topic.partitions] as const]
    }),
  )
  const altered = changedPartitions(log.nextOffsets, counts, names).map((fault) => failed('topics', fault))
  const there = resources.filter(({ name }) => counts.has(name))
  const extent = await extentOfTopics({ cluster, names, resources: there }, signal)
  const cut = altered.length > 0 ? [] : attempt(() => requireWhole(log, extent, names))
  const all = [...findings, ...altered, ...cut]
  return all.length === 0 ? [ok('topics', `${found.size} topics are kept as they have to be`)] : all
}

function attempt(check: () => void): readonly Finding[] {
  try {
    check()
    return []
  } catch (error) {
    return [failed('topics', error)]
  }
}

interface Expected {
  readonly create: boolean
  readonly isFilled: boolean
  /** Of the records, and of their rows. */
  readonly data: readonly string[]
  readonly rows: readonly string[]
}

export function judgeMissing(
  missing: readonly string[],
  { create, isFilled, data, rows }: Expected,
): readonly Finding[] {
  if (missing.length === 0) return []
  const all = `these topics do not exist: ${missing.join(', ')}`
  if (!create) return [wrong('topics', all, 'Create them, or set TOPICS_CREATE=true.')]
  if (!isFilled) return [ok('topics', `${all}; the first start makes them`)]
  return missing.map((topic) => {
    const what = `the topic ${topic} does not exist`
    if (data.includes(topic)) {
      const remedy = `The next start makes it, empty: "listingstream snapshot" fills that of a resource which is new. If it was deleted, "listingstream snapshot --restart" begins anew.`
      return warning('topics', what, remedy)
    }
    const becomes = rows.includes(topic) ? 'It is filled from the events.' : lostWith(topic)
    return warning('topics', what, `Nothing: the next start makes it anew. ${becomes}`)
  })
}

/**
 * So long a deleted key is remembered by an index that was built from the topics. Within the overlap an answer of the source's
 * cache would bring it back (R9).
 */
export function judgeRetention(
  topics: readonly Pick<TopicDescription, 'name' | 'configs'>[],
  overlapMax: Millis,
): readonly Finding[] {
  return topics.flatMap(({ name, configs }) => {
    const retention = Number(configs['delete.retention.ms'] ?? Number.NaN)
    if (configs['cleanup.policy'] !== 'compact' || !(retention < overlapMax)) return []
    return [
      wrong(
        'topics',
        `${name}: delete.retention.ms=${retention} is shorter than the overlap of updates (UPDATE_OVERLAP_MAX, ${span(overlapMax)}): a deleted record may come back`,
        `Set delete.retention.ms=604800000 on ${name} with kafka-configs.`,
      ),
    ]
  })
}
