/** What a purge would delete, for who has to decide whether that is right: the keys, and what is known of them. */
import { z } from 'zod'

import { decodeValue } from '../../events/decode-value.ts'
import type { WriterSchemas } from '../../events/registry/writer-schemas.ts'
import type { KafkaCluster } from '../../kafka/cluster.ts'
import type { KafkaRecord } from '../../kafka/read-topic.ts'
import { readAt } from '../../feed/read-at.ts'
import type { Candidates } from '../../replication/delete-candidates.ts'
import { printable } from '../../support/printable.ts'

/** Keys that are told one by one; the groups count all. */
const MOST_KEYS = 1_000
/** Of a group by a field; the others are counted together. */
const MOST_VALUES = 50
/** Distinct values that are counted apart: a field may hold anything. */
const MOST_COUNTED = 10_000
const SHOWN_KEYS = 10
const SHOWN_VALUES = 6

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
type PreviewKey = z.output<typeof KEY>
type GroupName = keyof DeletePreview['groups']

/** An Avro record is an object of a class of its own, which zod's `record` does not take. */
const LISTING = z.object({ listing: z.object({ standardFields: z.looseObject({}) }) })

type Facts = Pick<PreviewKey, 'status' | 'listPrice' | 'city' | 'office'>
const NO_FACTS: Facts = { status: null, listPrice: null, city: null, office: null }

export interface PreviewSource {
  readonly cluster: KafkaCluster
  /** Of the resource. */
  readonly topic: string
  readonly schemas: WriterSchemas
}

/**
 * Status, price and the like stand in the topic alone, so that the last record of each key is read there. Memory holds the
 * first keys, and the offset of each of the others.
 */
export async function previewDeletes(
  { cluster, topic, schemas }: PreviewSource,
  candidates: Candidates,
  signal: AbortSignal,
): Promise<DeletePreview> {
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
        const lastChangedAt = modificationTimestamp === null ? null : iso(modificationTimestamp)
        keys.set(key, { key, ...NO_FACTS, mlsId, lastChangedAt, lastReadAt: iso(observedAt) })
      }
      if (offset < 0) continue
      const known = offsets.get(partition)
      if (known === undefined) offsets.set(partition, [offset])
      else known.push(offset)
    }
  }
  for (const wanted of offsets.values()) wanted.sort((a, b) => a - b)

  const tallies = { status: new Tally(), city: new Tally(), office: new Tally() }
  const take = async ({ key, value }: KafkaRecord): Promise<void> => {
    const facts = value === null ? NO_FACTS : await factsOf(value, schemas, signal)
    tallies.status.add(facts.status)
    tallies.city.add(facts.city)
    tallies.office.add(facts.office)
    const told = keys.get(key?.toString('utf8') ?? '')
    if (told !== undefined) keys.set(told.key, { ...told, ...facts })
  }
  await readAt(cluster, topic, offsets, take, signal)
  const groups = { status: tallies.status, mlsId: mls, city: tallies.city, office: tallies.office }
  return {
    total,
    keys: [...keys.values()],
    notListed: total - keys.size,
    groups: {
      status: groups.status.groups(total),
      mlsId: groups.mlsId.groups(total),
      city: groups.city.groups(total),
      office: groups.office.groups(total),
    },
    others: Object.fromEntries(Object.entries(groups).map(([name, tally]) => [name, tally.others()])),
  }
}

async function factsOf(value: Buffer, schemas: WriterSchemas, signal: AbortSignal): Promise<Facts> {
  const parsed = LISTING.safeParse((await decodeValue(value, schemas, signal)).value)
  if (!parsed.success) return NO_FACTS
  const fields = parsed.data.listing.standardFields
  const price = fields['ListPrice']
  return {
    status: textOf(fields['StandardStatus']) ?? textOf(fields['MlsStatus']),
    listPrice: typeof price === 'number' ? price : null,
    city: textOf(fields['City']),
    office: textOf(fields['ListOfficeName']),
  }
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

/** How often each value comes. */
class Tally {
  readonly #counts = new Map<string, number>()
  #uncounted = 0

  add(value: string | null): void {
    if (value === null) return
    const known = this.#counts.get(value)
    if (known === undefined && this.#counts.size >= MOST_COUNTED) this.#uncounted += 1
    else this.#counts.set(value, (known ?? 0) + 1)
  }

  groups(total: number): { value: string | null; count: number }[] {
    const unknown = total - this.#uncounted - sum(this.#sorted())
    const known = this.#sorted().slice(0, MOST_VALUES)
    return [
      ...known.map(([value, count]) => ({ value, count })),
      ...(unknown === 0 ? [] : [{ value: null, count: unknown }]),
    ]
  }

  others(): number {
    return this.#uncounted + sum(this.#sorted().slice(MOST_VALUES))
  }

  #sorted(): readonly (readonly [string, number])[] {
    return [...this.#counts].sort(([a, many], [b, few]) => few - many || (a < b ? -1 : 1))
  }
}

function sum(counts: readonly (readonly [string, number])[]): number {
  return counts.reduce((all, [, count]) => all + count, 0)
}

/** For a person: the groups, a line each, and the first keys. */
export function describePreview({ total, keys, groups, others }: DeletePreview): readonly string[] {
  if (total === 0) return []
  const names = { status: 'by status', mlsId: 'by MLS', city: 'by city', office: 'by office' }
  const lines = (Object.keys(names) as GroupName[]).map(
    (name) => `  ${names[name]}: ${describeGroup(groups[name], others[name] ?? 0)}`,
  )
  const shown = keys.slice(0, SHOWN_KEYS)
  const hidden = total - shown.length
  return [
    ...lines,
    '  first keys:',
    ...shown.map((key) => `    ${describeKey(key)}`),
    ...(hidden === 0 ? [] : [`    … and ${hidden} more; --json has the first ${MOST_KEYS}`]),
  ]
}

function describeGroup(group: readonly { value: string | null; count: number }[], others: number): string {
  const shown = group.slice(0, SHOWN_VALUES).map(({ value, count }) => `${value ?? 'not known'} ${count}`)
  const rest = others + group.slice(SHOWN_VALUES).reduce((all, { count }) => all + count, 0)
  return printable([...shown, ...(rest === 0 ? [] : [`others ${rest}`])].join(', '))
}

function describeKey({
  key,
  status,
  listPrice,
  city,
  office,
  lastChangedAt,
  lastReadAt,
}: PreviewKey): string {
  const price = listPrice === null ? null : listPrice.toLocaleString('en-US')
  const known = [key, status, price, city, office].map((value) => value ?? '–').join(', ')
  return printable(`${known}; changed ${dayOf(lastChangedAt)}, last read ${dayOf(lastReadAt)}`)
}

function dayOf(at: string | null): string {
  return at === null ? '–' : at.slice(0, 16).replace('T', ' ')
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}
