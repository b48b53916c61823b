/** `tail`: the events of the data topics. */
import { formatInstant } from '../../domain/instant.ts'
import { loadSettings, type FeedChoice } from '../../config/load-settings.ts'
import type { ResourceDescription } from '../../domain/resource.ts'
import { decodeValue } from '../../events/decode-value.ts'
import type { KafkaCluster } from '../../kafka/cluster.ts'
import { followTopics, readWholeTopic, type KafkaRecord, type RecordBatch } from '../../kafka/read-topic.ts'
import { describeDataTopics } from '../../feed/topics.ts'
import { printJson, printLine } from '../../support/print.ts'
import { openFeedReader } from '../compose/feed-reader.ts'
import { READER_GROUPS } from '../compose/settings-groups.ts'

export interface TailOptions extends FeedChoice {
  readonly fromBeginning?: true
  /** From the oldest event to the last one that was committed when the command began. */
  readonly untilEnd?: true
  /** Ends after so many events. */
  readonly limit?: number
  /** Record keys; only their events count. */
  readonly key?: readonly string[]
  /** @default all that are replicated */
  readonly resource?: ResourceDescription
  readonly json?: true
}

/**
 * Prints committed events until it is stopped, or has come to an end that was asked for.
 *
 * @throws {TopicError} `TOPIC_MISSING` if there is no feed of this prefix.
 */
export async function tailEvents(options: TailOptions, signal: AbortSignal): Promise<number> {
  const { untilEnd, limit = Infinity } = options
  const settings = loadSettings(READER_GROUPS, { feed: options.feed })
  try {
    await using reader = await openFeedReader(settings, signal)
    const { cluster, names, writerSchemas } = reader
    const resources = options.resource === undefined ? reader.resources : [options.resource]
    await describeDataTopics(cluster, names, resources, signal)
    const topics = resources.map((resource) => names.data(resource))
    let left = limit
    if (left === 0) return 0
    for await (const { topic, partition, record } of wanted(
      batches(cluster, topics, options, signal),
      options,
    )) {
      const decoded =
        record.value === null ? TOMBSTONE : await decodeValue(record.value, writerSchemas, signal)
      const event = { topic, partition, record, ...decoded }
      if (options.json === true) printJson(jsonOf(event))
      else printLine(textLine(event))
      left -= 1
      if (left === 0) break
    }
  } catch (error) {
    // Where it has an end, it did not come to it.
    if (!signal.aborted || untilEnd === true || limit !== Infinity) throw error
  }
  return 0
}

async function* batches(
  cluster: KafkaCluster,
  topics: readonly string[],
  { fromBeginning, untilEnd }: TailOptions,
  signal: AbortSignal,
): AsyncGenerator<RecordBatch, void, undefined> {
  if (untilEnd !== true) {
    yield* followTopics(cluster, { topics, from: fromBeginning === true ? 'beginning' : 'latest' }, signal)
  }
  for (const topic of topics) yield* readWholeTopic(cluster, topic, signal)
}

interface PlacedRecord {
  readonly topic: string
  readonly partition: number
  readonly record: KafkaRecord
}

async function* wanted(
  source: AsyncIterable<RecordBatch>,
  { key }: TailOptions,
): AsyncGenerator<PlacedRecord, void, undefined> {
  const keys = key === undefined ? undefined : new Set<string | undefined>(key)
  for await (const { topic, partition, records } of source) {
    for (const record of records) {
      if (keys?.has(record.key?.toString('utf8')) === false) continue
      yield { topic, partition, record }
    }
  }
}

const TOMBSTONE = { name: 'Tombstone', value: null }

interface TailedRecord extends PlacedRecord {
  /** Of the Avro record. */
  readonly name: string
  readonly value: unknown
}

function jsonOf({ topic, partition, record, name, value }: TailedRecord): object {
  const key = record.key?.toString('utf8') ?? null
  return { topic, partition, offset: record.offset, key, type: name, value }
}

function textLine({ topic, partition, record, name, value }: TailedRecord): string {
  const at = formatInstant(record.timestamp)
  const key = record.key?.toString('utf8') ?? '–'
  return `${at} ${topic}/${partition}@${record.offset} ${key} ${name} ${reasonOf(value)}`.trimEnd()
}

function reasonOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return ''
  if ('change' in value) return String(value.change)
  return 'reason' in value ? String(value.reason) : ''
}
