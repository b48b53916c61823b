/** What the key index holds of one key and of what belongs to it, as a daemon answers it. */
import { z } from 'zod'

import { formatInstant, type Instant } from '../../domain/instant.ts'
import type { IndexEntry } from '../../domain/index-entry.ts'
import type { RecordKey } from '../../domain/record-key.ts'
import { isSubresource, type ListedResource, type Replicated } from '../../domain/resource.ts'
import type { KeyIndex } from '../../replication/ports.ts'
import { isLive, isOwed, stampOfSet } from '../../replication/sets/owed.ts'

const TIME = z.iso.datetime()

const ENTRY = z.object({
  state: z.enum(['live', 'deleted', 'dead_lettered']),
  digest: z.string(),
  /** Of a dead-lettered key: of its last published content. */
  publishedDigest: z.string().nullable(),
  schemaId: z.number(),
  /** Fields of the last published content that are masked; null where that is not known. */
  masked: z.number().nullable(),
  modificationTimestamp: TIME.nullable(),
  /** When the source was last seen to say so; of a deleted key, since when it is absent. */
  observedAt: TIME,
  /** Of its sets. */
  changeStamps: z.record(z.string(), TIME.nullable()),
  mlsId: z.string().nullable(),
  partition: z.number(),
  /** −1: nothing of it is in the topic. */
  offset: z.number(),
  /** That last published or confirmed it; 0 after a rebuild. */
  request: z.number(),
  /** Complete sweeps in a row that did not show it, and when the first of them began; null if the last one did. */
  missing: z.object({ since: TIME, sweeps: z.number() }).nullable(),
})
export type ShownEntry = z.output<typeof ENTRY>

export const INDEXED_KEY = z.object({
  /** Null: the index does not know the key. */
  entry: ENTRY.nullable(),
  /** Sets of the record, or, of a set, the record that it is a part of. */
  related: z.array(
    z.object({
      resource: z.string(),
      entry: ENTRY.nullable(),
      /** A set that has still to be read; null where it is none. */
      owed: z.boolean().nullable(),
    }),
  ),
})
export type IndexedKey = z.output<typeof INDEXED_KEY>

/** @param resources that are replicated */
export async function indexedKey(
  index: Pick<KeyIndex, 'getMany'>,
  resources: readonly ListedResource[],
  resource: Replicated,
  key: RecordKey,
): Promise<IndexedKey> {
  const entryOf = async ({ name }: Pick<Replicated, 'name'>): Promise<IndexEntry | undefined> =>
    (await index.getMany(name, [key]))[0]
  const entry = await entryOf(resource)
  if (isSubresource(resource)) {
    const parents = resources.filter(({ name }) => name === resource.parent)
    const related = parents.map(async (parent) => {
      return { resource: parent.name, entry: shown(await entryOf(parent)), owed: null }
    })
    return { entry: shown(entry), related: await Promise.all(related) }
  }
  const related = resource.subresources.map(async (set) => {
    const known = await entryOf(set)
    const owed = isLive(entry) && isOwed(resource, set, stampOfSet(resource, set, entry), known)
    return { resource: set.name, entry: shown(known), owed }
  })
  return { entry: shown(entry), related: await Promise.all(related) }
}

function shown(entry: IndexEntry | undefined): ShownEntry | null {
  if (entry === undefined) return null
  const { modificationTimestamp, observedAt, changeStamps, publishedDigest, masked, missing, ...rest } = entry
  const stamps = Object.entries(changeStamps).map(([name, at]) => [name, textOf(at)] as const)
  return {
    ...rest,
    publishedDigest: publishedDigest ?? null,
    masked: masked ?? null,
    modificationTimestamp: textOf(modificationTimestamp),
    observedAt: formatInstant(observedAt),
    changeStamps: Object.fromEntries(stamps),
    missing: missing === undefined ? null : { since: formatInstant(missing.since), sweeps: missing.sweeps },
  }
}

function textOf(at: Instant | null): string | null {
  return at === null ? null : formatInstant(at)
}
