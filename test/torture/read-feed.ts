import avro from 'avsc'

import { connectKafka, type KafkaCluster } from '../../src/kafka/cluster.ts'
import { readTopic, type KafkaRecord } from '../../src/kafka/read-topic.ts'
import type { JudgedResource } from './judged-resources.ts'
import type { Decoded, FeedDump, FeedRecord, Letter, Shape, Shapes, TopicDump } from './findings.ts'

interface WriterSchema {
  readonly name: string
  readonly type: avro.Type
  readonly shapes: Shapes
}

export interface FeedAddress {
  readonly brokers: readonly string[]
  /** Confluent-compatible base. */
  readonly registryUrl: string
  readonly prefix: string
}

/** Everything that is committed in a feed's topics, from their beginnings; `resources`: what it replicates. */
export async function readFeed(
  address: FeedAddress,
  resources: readonly Pick<JudgedResource, 'name' | 'rows'>[],
  signal: AbortSignal,
): Promise<FeedDump> {
  const { brokers, registryUrl, prefix } = address
  await using cluster = await connectKafka({ brokers, clientId: 'torture-checker' }, signal)
  const schemas = new Map<number, Promise<WriterSchema>>()
  const schemaOf = (id: number): Promise<WriterSchema> => {
    const known = schemas.get(id) ?? fetchSchema(registryUrl, id, signal)
    schemas.set(id, known)
    return known
  }
  const read = (name: string): Promise<TopicDump> => readAll(cluster, `${prefix}.${name}`, schemaOf, signal)
  const [data, checkpoints, control, holds, letters] = await Promise.all([
    Promise.all(resources.map(async ({ name }) => [name, await read(name)] as const)),
    read('checkpoints'),
    read('control'),
    read('holds'),
    openLetters(cluster, prefix, signal),
  ])
  const topics = resources.map(({ rows }) => `${prefix}.${rows.topic}`)
  const there = await cluster.describeTopics(topics, signal)
  const rows = await Promise.all(
    resources
      .filter(({ rows: { topic } }) => there.has(`${prefix}.${topic}`))
      .map(async ({ name, rows: { topic } }) => [name, await read(topic)] as const),
  )
  return {
    data: new Map(data),
    rows: new Map(rows),
    checkpoints: checkpoints.records,
    control: control.records,
    holds: holds.records,
    letters,
  }
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
  prefix: string,
  signal: AbortSignal,
): Promise<readonly Letter[]> {
  const open = new Map<string, Letter>()
  const { read } = await whole(cluster, `${prefix}.dead-letters`, signal)
  for await (const [, { key, value, headers }] of read) {
    const name = key?.toString('utf8') ?? ''
    const topic = name.slice(prefix.length + 1, name.indexOf('/'))
    const { 'record-key': recordKey = '', reason = '', part = '1' } = asText(headers)
    if (value === null) open.delete(name)
    else if (part === '1') open.set(name, { topic, key: recordKey, reason })
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
  const { name, type, shapes } = await schemaOf(schemaId)
  const body = type.fromBuffer(value.subarray(5)) as Decoded['body']
  return { name, body, shapes, schemaId }
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
  return { name: parsed.name, type, shapes: shapesOf(parsed, new Map()) }
}

/** @param named what has been defined so far, by its name */
function shapesOf({ fields }: SchemaText, named: Map<string, Shape>): Shapes {
  return new Map(fields.map(({ name, type }) => [name, shapeOf(type, named)]))
}

/** A branch of Avro's JSON that is more than a name. */
interface TypeText {
  readonly type: string
  readonly name?: string
  readonly fields?: SchemaText['fields']
  readonly items?: unknown
  readonly logicalType?: string
}

function shapeOf(type: unknown, named: Map<string, Shape>): Shape {
  const one: unknown = Array.isArray(type) ? type.find((branch) => branch !== 'null') : type
  if (typeof one === 'string') return named.get(one) ?? { kind: 'plain', type: one }
  const text = one as TypeText
  const shape = compoundShape(text, named)
  if (text.name !== undefined) named.set(text.name, shape)
  return shape
}

function compoundShape(
  { type, name = '', fields = [], items, logicalType }: TypeText,
  named: Map<string, Shape>,
): Shape {
  switch (type) {
    case 'record':
      return { kind: 'record', fields: shapesOf({ name, fields }, named) }
    case 'array':
      return { kind: 'list', of: shapeOf(items, named) }
    case 'map':
      return { kind: 'map' }
    default:
      return { kind: 'plain', type: logicalType ?? type }
  }
}
