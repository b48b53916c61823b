import { isDeepStrictEqual } from 'node:util'

import avsc from 'avsc'
import type { Type } from 'avsc'

import { connectKafka } from '../../src/kafka/cluster.ts'
import { readTopic } from '../../src/kafka/read-topic.ts'
import { testStack } from '../fixtures/test-stack.ts'

const DEADLINE_MS = 60_000

interface Version {
  readonly id: number
  readonly schema: string
}

/** The subject of a feed's `ListingUpserted`, asked of the real registry by plain requests. */
export class ListingSubject {
  readonly #name: string

  constructor(topic: string) {
    this.#name = encodeURIComponent(`${topic}-listingstream.ListingUpserted`)
  }

  async compatibility(): Promise<unknown> {
    const answer = (await this.#ask(`/config/${this.#name}`)) as { compatibilityLevel: unknown }
    return answer.compatibilityLevel
  }

  async setCompatibility(compatibility: string): Promise<void> {
    await this.#ask(`/config/${this.#name}`, 'PUT', { compatibility })
  }

  async register(schema: object): Promise<void> {
    await this.#ask(`/subjects/${this.#name}/versions`, 'POST', { schema: JSON.stringify(schema) })
  }

  async drop(version: number): Promise<void> {
    await this.#ask(`/subjects/${this.#name}/versions/${version}`, 'DELETE')
  }

  /** Oldest first. */
  async versions(): Promise<Version[]> {
    const numbers = (await this.#ask(`/subjects/${this.#name}/versions`)) as number[]
    const path = (number: number) => `/subjects/${this.#name}/versions/${number}`
    return Promise.all(numbers.map(async (number) => (await this.#ask(path(number))) as Version))
  }

  async #ask(path: string, method = 'GET', body?: object): Promise<unknown> {
    const init: RequestInit = {
      method,
      headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
    }
    if (body !== undefined) init.body = JSON.stringify(body)
    const response = await fetch(`${testStack().registryUrl}${path}`, init)
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
    return response.json()
  }
}

/**
 * Reads every `ListingUpserted` of a topic with the given schema alone, by Avro's own resolution. Answers how many there
 * are and, in words, where the reader sees another value than the writer wrote in a field that both know.
 */
export async function readWith(
  reader: Version,
  versions: readonly Version[],
  topic: string,
): Promise<{ readonly events: number; readonly differences: readonly string[] }> {
  const type = compiled(reader)
  const writers = new Map(versions.map((version) => [version.id, compiled(version)]))
  const resolvers = new Map([...writers].map(([id, writer]) => [id, type.createResolver(writer)]))
  const differences: string[] = []
  let events = 0
  for (const bytes of await values(topic)) {
    const id = bytes.readUInt32BE(1)
    const [writer, resolver] = [writers.get(id), resolvers.get(id)]
    // Of `ListingDeleted`, which has a subject of its own.
    if (writer === undefined) continue
    const avro = bytes.subarray(5)
    events += 1
    differences.push(...differing(type.fromBuffer(avro, resolver), writer.fromBuffer(avro), ''))
  }
  return { events, differences }
}

const TYPES = new Map<number, Type>()

/** Once each: ids never change their schema. */
function compiled({ id, schema }: Version): Type {
  const type = TYPES.get(id) ?? avsc.Type.forSchema(JSON.parse(schema), { wrapUnions: false })
  TYPES.set(id, type)
  return type
}

/** Where records differ; a field that one of them does not know has to be null in the other's eyes, or absent. */
function differing(read: unknown, written: unknown, path: string): string[] {
  if (isDeepStrictEqual(plain(read), plain(written))) return []
  if (!isRecord(read) || !isRecord(written)) return [path]
  return Object.keys(read).flatMap((name) => {
    if (name in written) return differing(read[name], written[name], `${path}.${name}`)
    return read[name] === null ? [] : [`${path}.${name}: not null`]
  })
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Without the classes that avsc gives to records. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value) ?? 'null')
}

async function values(topic: string): Promise<Buffer[]> {
  const signal = AbortSignal.timeout(DEADLINE_MS)
  await using cluster = await connectKafka({ brokers: testStack().brokers, clientId: topic }, signal)
  const offsets = await cluster.topicOffsets(topic, signal)
  const ranges = offsets.map(({ beginning, end }, partition) => ({ partition, from: beginning, to: end }))
  const found: Buffer[] = []
  for await (const { records } of readTopic(cluster, { topic, ranges }, signal)) {
    found.push(...records.flatMap(({ value }) => (value === null ? [] : [value])))
  }
  return found
}
