import avro from 'avsc'

import { connectKafka, type KafkaCluster } from '../../src/kafka/cluster.ts'
import { readTopic, type KafkaRecord } from '../../src/kafka/read-topic.ts'
import type { Decoded, FeedDump, FeedRecord, Letter } from './findings.ts'

interface WriterSchema {
  readonly name: string
  readonly type: avro.Type
  readonly fieldTypes: ReadonlyMap<string, string>
}

export interface FeedAddress {
  readonly brokers: readonly string[]
  /** Confluent-compatible base. */
  readonly registryUrl: string
  readonly prefix: string
}

/** Everything that is committed in a feed's topics, from their beginnings. */
export async function readFeed(address: FeedAddress, signal: AbortSignal): Promise<FeedDump> {
  const { brokers, registryUrl, prefix } = address
  await using cluster = await connectKafka({ brokers, clientId: 'torture-checker' }, signal)
  const schemas = new Map<number, Promise<WriterSchema>>()
  const schemaOf = (id: number): Promise<WriterSchema> => {
    const known = schemas.get(id) ?? fetchSchema(registryUrl, id, signal)
    schemas.set(id, known)
    return known
  }
  const read = (name: string): Promise<TopicDump> => readAll(cluster, `${prefix}.${name}`, schemaOf, signal)
  const [listings, checkpoints, control, letters] = await Promise.all([
    read('listings'),
    read('checkpoints'),
    read('control'),
    openLetters(cluster, `${prefix}.dead-letters`, signal),
  ])
  return {
    listings: listings.records,
    checkpoints: checkpoints.records,
    control: control.records,
    letters,
    partitions: listings.partitions,
  }
}

interface TopicDump {
  readonly records: readonly FeedRecord[]
  readonly partitions: number
}

async function readAll(
  cluster: KafkaCluster,
  topic: string,
  schemaOf: (id: number) => Promise<WriterSchema>,
  signal: AbortSignal,
): Promise<TopicDump> {
  const records: FeedRecord[] = []
  const { partitions, read } = await whole(cluster, topic, signal)
  for await (const [partition, record] of read) {
    const { offset, timestamp, key, value, headers } = record
    records.push({
      partition,
      offset,
      timestamp,
      key: key?.toString('utf8') ?? '',
      headers: asText(headers),
      value: value === null ? null : await decode(value, schemaOf),
    })
  }
  records.sort((a, b) => a.partition - b.partition || a.offset - b.offset)
  return { records, partitions }
}

/** A topic as it is now, and how many partitions it has. */
async function whole(
  cluster: KafkaCluster,
  topic: string,
  signal: AbortSignal,
): Promise<{ partitions: number; read: AsyncIterable<readonly [partition: number, KafkaRecord]> }> {
  const offsets = await cluster.topicOffsets(topic, signal)
  const ranges = offsets.map(({ beginning, end }, partition) => ({ partition, from: beginning, to: end }))
  async function* read(): AsyncGenerator<readonly [number, KafkaRecord]> {
    for await (const batch of readTopic(cluster, { topic, ranges }, signal)) {
      for (const record of batch.records) yield [batch.partition, record]
    }
  }
  return { partitions: offsets.length, read: read() }
}

/** By key, `<topic>/<name>` or the first of several parts; a tombstone settles it, and nothing else does. */
async function openLetters(
  cluster: KafkaCluster,
  topic: string,
  signal: AbortSignal,
): Promise<readonly Letter[]> {
  const open = new Map<string, Letter>()
  for await (const [, { key, value, headers }] of (await whole(cluster, topic, signal)).read) {
    const name = key?.toString('utf8') ?? ''
    const { 'record-key': recordKey = '', reason = '', part = '1' } = asText(headers)
    if (value === null) open.delete(name)
    else if (part === '1') open.set(name, { key: recordKey, reason })
  }
  return [...open.values()]
}

function asText(headers: KafkaRecord['headers']): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).map(([name, bytes]) => [name, bytes.toString('utf8')]))
}

/** Confluent wire format: a zero, four bytes of schema id, Avro. */
async function decode(value: Buffer, schemaOf: (id: number) => Promise<WriterSchema>): Promise<Decoded> {
  if (value[0] !== 0) throw new Error('A value is not in the wire format.')
  const schemaId = value.readUInt32BE(1)
  const { name, type, fieldTypes } = await schemaOf(schemaId)
  const body = type.fromBuffer(value.subarray(5)) as Decoded['body']
  return { name, body, fieldTypes, schemaId }
}

interface SchemaText {
  readonly name: string
  readonly fields: readonly { readonly name: string; readonly type: unknown }[]
}

async function fetchSchema(registryUrl: string, id: number, signal: AbortSignal): Promise<WriterSchema> {
  const response = await fetch(`${registryUrl}/schemas/ids/${id}`, { signal })
  if (!response.ok) throw new Error(`The registry answers ${response.status} for schema ${id}.`)
  const { schema } = (await response.json()) as { schema: string }
  const parsed = JSON.parse(schema) as SchemaText
  const type = avro.Type.forSchema(JSON.parse(schema) as avro.Schema, { wrapUnions: 'auto' })
  return { name: parsed.name, type, fieldTypes: standardFieldTypes(parsed) }
}

function standardFieldTypes({ fields }: SchemaText): ReadonlyMap<string, string> {
  const listing = fields.find(({ name }) => name === 'listing')?.type
  const standard = recordIn(listing)?.fields.find(({ name }) => name === 'standardFields')?.type
  return new Map((recordIn(standard)?.fields ?? []).map(({ name, type }) => [name, typeName(type)]))
}

function recordIn(type: unknown): SchemaText | undefined {
  const one = Array.isArray(type) ? type.find((branch) => branch !== 'null') : type
  return typeof one === 'object' && one !== null && 'fields' in one ? (one as SchemaText) : undefined
}

function typeName(type: unknown): string {
  const one: unknown = Array.isArray(type) ? type.find((branch) => branch !== 'null') : type
  if (typeof one === 'string') return one
  const { type: name, logicalType } = one as { type: string; logicalType?: string }
  return logicalType ?? name
}
