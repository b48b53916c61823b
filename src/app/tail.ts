import { loadSettings } from '../config/load-settings.ts'
import { decodeValue } from '../events/decode-value.ts'
import { WriterSchemas } from '../events/writer-schemas.ts'
import { connectKafka } from '../kafka/cluster.ts'
import { followTopics, type KafkaRecord } from '../kafka/read-topic.ts'
import { RESOURCES } from '../listing/resource.ts'
import { topicNames } from '../publisher/topics.ts'
import { printJson, printLine } from '../support/print.ts'
import { kafkaSettings, schemaRegistry } from './clients.ts'
import { loggerFor } from './surroundings.ts'

export interface TailOptions {
  readonly fromBeginning?: true
  readonly json?: true
}

/** Prints committed events until it is stopped. */
export async function tailEvents({ fromBeginning, json }: TailOptions, signal: AbortSignal): Promise<number> {
  const settings = loadSettings(['kafka', 'registry', 'feed', 'log'])
  const logger = loggerFor(settings)
  const names = topicNames(settings.feed.topicPrefix)
  const schemas = new WriterSchemas(schemaRegistry(settings.registry))
  await using cluster = await connectKafka(kafkaSettings(settings.kafka, logger), signal)
  const topics = RESOURCES.map((resource) => names.data(resource))
  const from = fromBeginning === true ? 'beginning' : 'latest'
  try {
    for await (const { topic, partition, records } of followTopics(cluster, { topics, from }, signal)) {
      for (const record of records) {
        const decoded = record.value === null ? TOMBSTONE : await decodeValue(record.value, schemas, signal)
        const tailed = { topic, partition, record, ...decoded }
        if (json === true) printJson(jsonOf(tailed))
        else printLine(textLine(tailed))
      }
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
  return 0
}

const TOMBSTONE = { name: 'Tombstone', value: null }

interface TailedRecord {
  readonly topic: string
  readonly partition: number
  readonly record: KafkaRecord
  /** Of the Avro record. */
  readonly name: string
  readonly value: unknown
}

function jsonOf({ topic, partition, record, name, value }: TailedRecord): object {
  const key = record.key?.toString('utf8') ?? null
  return { topic, partition, offset: record.offset, key, type: name, value }
}

function textLine({ topic, partition, record, name, value }: TailedRecord): string {
  const at = new Date(record.timestamp).toISOString()
  const key = record.key?.toString('utf8') ?? '–'
  return `${at} ${topic}/${partition}@${record.offset} ${key} ${name} ${reasonOf(value)}`.trimEnd()
}

function reasonOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return ''
  if ('change' in value) return String(value.change)
  return 'reason' in value ? String(value.reason) : ''
}
