/** What a purge would delete, for who has to decide whether that is right: the keys, and what is known of them. */
import { formatInstant } from '../../domain/instant.ts'
import { z } from 'zod'

import type { EventNames } from '../../domain/resource.ts'
import { decodeValue } from '../../events/decode-value.ts'
import type { WriterSchemas } from '../../events/registry/writer-schemas.ts'
import type { KafkaCluster } from '../../kafka/cluster.ts'
import type { KafkaRecord } from '../../kafka/read-topic.ts'
import { readAt } from '../../feed/read-at.ts'
import type { Candidates } from '../../replication/delete-candidates.ts'
import { Tally } from './tally.ts'

/** Keys that are told one by one; the groups count all. */
export const MOST_KEYS = 1_000

const TEXT = z.string().nullable()
const GROUP = z.array(z.object({ value: TEXT, count: z.number() }))
const KEY = z.object({
  key: z.string(),
  status: TEXT,
  mlsId: TEXT,
  listPrice: z.number().nullable(),
  city: TEXT,
  office: TEXT,
  /** The source's own stamp. */
  lastChangedAt: TEXT,
  /** When it was last read whole: walks of keys, as purges make them, leave no trace in the index. */
  lastReadAt: z.string(),
})

export const DELETE_PREVIEW = z.object({
  total: z.number(),
  /** In ascending order, the first 1,000. */
  keys: z.array(KEY),
  notListed: z.number(),
  /** Over all of them, the most frequent value first; a last one without a value counts what is not known. */
  groups: z.object({ status: GROUP, mlsId: GROUP, city: GROUP, office: GROUP }),
  /** Deletes whose value is not among the groups' own, by group. */
  others: z.record(z.string(), z.number()),
})
export type DeletePreview = z.output<typeof DELETE_PREVIEW>
export type PreviewKey = z.output<typeof KEY>

/** An Avro record is an object of a class of its own, which zod's `record` does not take. */
const RECORD = z.looseObject({})

type Facts = Pick<PreviewKey, 'status' | 'listPrice' | 'city' | 'office'>
const NO_FACTS: Facts = { status: null, listPrice: null, city: null, office: null }

export interface PreviewSource {
  readonly cluster: KafkaCluster
  /** Of the resource. */
  readonly topic: string
  readonly events: EventNames
  readonly schemas: WriterSchemas
}

/**
 * Status, price and the like stand in the topic alone, so that the last record of each key is read there. Memory holds the
 * first keys, and the offset of each of the others.
 */
export async function previewDeletes(
  { cluster, topic, events, schemas }: PreviewSource,
  candidates: Candidates,
  signal: AbortSignal,
): Promise<DeletePreview> {
  const { total, keys, mls, offsets } = await collect(candidates, signal)
  const tallies = { status: new Tally(), mlsId: mls, city: new Tally(), office: new Tally() }
  const take = async ({ key, value }: KafkaRecord): Promise<void> => {
    const facts =
      value === null ? NO_FACTS : factsIn((await decodeValue(value, schemas, signal)).value, events)
    tallies.status.add(facts.status)
    tallies.city.add(facts.city)
    tallies.office.add(facts.office)
    const told = keys.get(key?.toString('utf8') ?? '')
    if (told !== undefined) keys.set(told.key, { ...told, ...facts })
  }
  await readAt(cluster, topic, offsets, take, signal)
  return {
    total,
    keys: [...keys.values()],
    notListed: total - keys.size,
    groups: {
      status: tallies.status.groups(total),
      mlsId: tallies.mlsId.groups(total),
      city: tallies.city.groups(total),
      office: tallies.office.groups(total),
    },
    others: Object.fromEntries(Object.entries(tallies).map(([name, tally]) => [name, tally.others()])),
  }
}

interface Collected {
  readonly total: number
  /** The first ones, with what the index knows of them. */
  readonly keys: Map<string, PreviewKey>
  readonly mls: Tally
  /** Of the last record of each key, ascending, by partition. */
  readonly offsets: ReadonlyMap<number, readonly number[]>
}

async function collect(candidates: Candidates, signal: AbortSignal): Promise<Collected> {
  const keys = new Map<string, PreviewKey>()
  const offsets = new Map<number, number[]>()
  const mls = new Tally()
  let total = 0
  for await (const batch of candidates) {
    signal.throwIfAborted()
    for (const [key, { partition, offset, mlsId, modificationTimestamp, observedAt }] of batch) {
      total += 1
      mls.add(mlsId)
      if (keys.size < MOST_KEYS) {
        const lastChangedAt = modificationTimestamp === null ? null : formatInstant(modificationTimestamp)
        keys.set(key, { key, ...NO_FACTS, mlsId, lastChangedAt, lastReadAt: formatInstant(observedAt) })
      }
      if (offset < 0) continue
      const known = offsets.get(partition)
      if (known === undefined) offsets.set(partition, [offset])
      else known.push(offset)
    }
  }
  for (const wanted of offsets.values()) wanted.sort((a, b) => a - b)
  return { total, keys, mls, offsets }
}

/** What a resource does not have is not known. */
function factsIn(event: unknown, { content, fields: named }: EventNames): Facts {
  const fields = memberOf(memberOf(event, content), named)
  if (fields === undefined) return NO_FACTS
  const price = fields['ListPrice']
  return {
    status: textOf(fields['StandardStatus']) ?? textOf(fields['MlsStatus']),
    listPrice: typeof price === 'number' ? price : null,
    city: textOf(fields['City']),
    office: textOf(fields['ListOfficeName']),
  }
}

function memberOf(value: unknown, name: string): Readonly<Record<string, unknown>> | undefined {
  return RECORD.safeParse(RECORD.safeParse(value).data?.[name]).data
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}
