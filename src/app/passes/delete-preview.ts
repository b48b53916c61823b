/** What a purge would delete, for who has to decide whether that is right: the keys, and what is known of them. */
import type { HeldKey } from '../../domain/hold.ts'
import { formatInstant } from '../../domain/instant.ts'
import { z } from 'zod'

import type { ListedResource } from '../../domain/resource.ts'
import { readSourceFields, type EventSource, type SourceFields } from '../../feed/last-fields.ts'
import { OffsetsWanted } from '../../feed/read-at.ts'
import type { Candidates } from '../../replication/delete-candidates.ts'
import { Tally } from './tally.ts'

/** Keys that are told one by one; the groups count all. */
export const MOST_KEYS = 1_000

const TEXT = z.string().nullable()
const GROUP = z.array(z.object({ value: TEXT, count: z.number() }))
const KEY = z.object({
  key: z.string(),
  mlsId: TEXT,
  /** By the names that the resource's description gives them; null: not known. */
  facts: z.record(z.string(), z.union([z.string(), z.number()]).nullable()),
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
  /** Over all of them, by MLS and by each fact that they share; the most frequent value first, a last one without a value for what is not known. */
  groups: z.record(z.string(), GROUP),
  /** Deletes whose value is not among the groups' own, by group. */
  others: z.record(z.string(), z.number()),
})
export type DeletePreview = z.output<typeof DELETE_PREVIEW>
export type PreviewKey = z.output<typeof KEY>

export type Facts = PreviewKey['facts']

/** Name of the group that every resource has. */
export const BY_MLS = 'mlsId'

export interface PreviewSource extends EventSource {
  readonly resource: Pick<ListedResource, 'events' | 'facts'>
}

/**
 * The facts stand in the topic alone, so that the last record of each key is read there. Memory holds the first keys, and
 * the offset of each of the others.
 */
export async function previewDeletes(
  source: PreviewSource,
  candidates: Candidates,
  signal: AbortSignal,
): Promise<DeletePreview> {
  const { resource } = source
  const { total, keys, mls, offsets } = await collect(resource, candidates, signal)
  const shared = resource.facts
    .filter(({ isShared }) => isShared)
    .map(({ name }) => [name, new Tally()] as const)
  const take = (key: string, fields: SourceFields): void => {
    const facts = factsIn(fields, resource)
    for (const [name, tally] of shared) tally.add(facts[name]?.toString() ?? null)
    const told = keys.get(key)
    if (told !== undefined) keys.set(told.key, { ...told, facts })
  }
  await readSourceFields(source, offsets, take, signal)
  const tallies = [[BY_MLS, mls] as const, ...shared]
  return {
    total,
    keys: [...keys.values()],
    notListed: total - keys.size,
    groups: Object.fromEntries(tallies.map(([name, tally]) => [name, tally.groups(total)])),
    others: Object.fromEntries(tallies.map(([name, tally]) => [name, tally.others()])),
  }
}

/** By key, of those that the topic knows. Memory follows the number of keys. */
export async function factsOf(
  source: PreviewSource,
  keys: readonly HeldKey[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Facts>> {
  const wanted = new OffsetsWanted()
  for (const { position } of keys) if (position !== null) wanted.add(position)
  const facts = new Map<string, Facts>()
  const take = (key: string, fields: SourceFields): void =>
    void facts.set(key, factsIn(fields, source.resource))
  await readSourceFields(source, wanted.ascending(), take, signal)
  return facts
}

interface Collected {
  readonly total: number
  /** The first ones, with what the index knows of them. */
  readonly keys: Map<string, PreviewKey>
  readonly mls: Tally
  /** Of the last record of each key. */
  readonly offsets: ReturnType<OffsetsWanted['ascending']>
}

async function collect(
  resource: PreviewSource['resource'],
  candidates: Candidates,
  signal: AbortSignal,
): Promise<Collected> {
  const facts = factsIn({}, resource)
  const keys = new Map<string, PreviewKey>()
  const wanted = new OffsetsWanted()
  const mls = new Tally()
  let total = 0
  for await (const batch of candidates) {
    signal.throwIfAborted()
    for (const { key, mlsId, lastModificationTimestamp, lastSeenAt, position } of batch) {
      total += 1
      mls.add(mlsId)
      if (keys.size < MOST_KEYS) {
        const lastChangedAt =
          lastModificationTimestamp === null ? null : formatInstant(lastModificationTimestamp)
        keys.set(key, { key, mlsId, facts, lastChangedAt, lastReadAt: formatInstant(lastSeenAt) })
      }
      if (position !== null) wanted.add(position)
    }
  }
  return { total, keys, mls, offsets: wanted.ascending() }
}

function factsIn(fields: SourceFields, { facts }: PreviewSource['resource']): Facts {
  return Object.fromEntries(
    facts.map(({ name, fields: names }) => [name, firstOf(names.map((field) => fields[field]))]),
  )
}

function firstOf(values: readonly unknown[]): string | number | null {
  return values.find((value) => typeof value === 'string' || typeof value === 'number') ?? null
}
