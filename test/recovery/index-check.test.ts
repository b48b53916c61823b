import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { NO_DIGEST, NO_SCHEMA, type Digest, type SchemaId } from '../../src/domain/content.ts'
import { instant } from '../../src/domain/instant.ts'
import { recordKey, type RecordKey } from '../../src/domain/record-key.ts'
import { compareKeys, type ComparedKey } from '../../src/recovery/index-check.ts'
import type { KeyIndex } from '../../src/replication/ports.ts'
import type { IndexEntry } from '../../src/domain/index-entry.ts'
import { indexEntries, indexEntry, recordKeys } from '../fixtures/index-entry.ts'
import { MemoryKeyIndex } from '../fixtures/memory-key-index.ts'
import { LISTINGS } from '../../src/resources/listings.ts'

const now = instant(1_800_000_000_000)
const deleteRetention = 1_000
const KEY = recordKey('k')

async function indexOf(entries: ReadonlyMap<RecordKey, IndexEntry>): Promise<KeyIndex> {
  const index = new MemoryKeyIndex({ batchSize: 2 })
  const parts = [{ resource: LISTINGS.name, puts: entries, drops: [] }]
  await index.apply({ parts, nextOffsets: undefined, at: now })
  return index
}

async function compare(
  ours: ReadonlyMap<RecordKey, IndexEntry>,
  theirs: ReadonlyMap<RecordKey, IndexEntry>,
): Promise<readonly ComparedKey[]> {
  const [index, rebuilt] = [await indexOf(ours), await indexOf(theirs)]
  return Array.fromAsync(compareKeys({ resource: LISTINGS.name, index, rebuilt, deleteRetention, now }))
}

async function agree(index: IndexEntry | undefined, topic: IndexEntry | undefined): Promise<boolean> {
  const one = (entry: IndexEntry | undefined) => new Map(entry === undefined ? [] : [[KEY, entry]])
  const [compared] = await compare(one(index), one(topic))
  return compared!.equal
}

const live = indexEntry()
const deleted = indexEntry({ state: 'deleted', digest: NO_DIGEST, schemaId: NO_SCHEMA, observedAt: now })
const longDeleted = { ...deleted, observedAt: instant(now - deleteRetention - 1) }
const neverPublished = indexEntry({ state: 'dead_lettered', digest: 'f'.repeat(32) as Digest })
const deadLettered = { ...neverPublished, publishedDigest: live.digest }

describe('an index and what the topics say', () => {
  test('are compared key by key, each key of either side once, in order (R2)', async () => {
    const maps = fc.dictionary(recordKeys, indexEntries, { noNullPrototype: true })
    await fc.assert(
      fc.asyncProperty(maps, maps, async (ours, theirs) => {
        const [left, right] = [ours, theirs].map(
          (all) => new Map(Object.entries(all).map(([key, entry]) => [recordKey(key), entry])),
        )
        const compared = await compare(left!, right!)
        const keys = [...new Set([...left!.keys(), ...right!.keys()])]
        expect(compared.map(({ key }) => key)).toEqual(keys.toSorted((a, b) => (a < b ? -1 : 1)))
        for (const { key, index, topic } of compared) {
          expect([index?.digest, topic?.digest]).toEqual([left!.get(key)?.digest, right!.get(key)?.digest])
        }
      }),
    )
  })

  test('agree with themselves', async () => {
    await fc.assert(
      fc.asyncProperty(indexEntries, async (entry) => {
        expect(await agree(entry, entry)).toBe(true)
      }),
    )
  })

  test.each<readonly [string, Partial<IndexEntry>]>([
    ['state', { state: 'deleted' }],
    ['digest', { digest: 'a'.repeat(32) as Digest }],
    ['schema', { schemaId: 8 as SchemaId }],
    ['partition', { partition: 2 }],
    ['offset', { offset: 42 }],
  ])('differ by %s', async (_, over) => {
    expect(await agree({ ...live, ...over }, live)).toBe(false)
  })

  test('do not differ by what a confirmation moves (R5)', async () => {
    const confirmed = { modificationTimestamp: now, observedAt: now, request: 99 }
    expect(await agree({ ...live, ...confirmed }, live)).toBe(true)
  })

  test('differ by a key that only one of them knows', async () => {
    expect(await agree(live, undefined)).toBe(false)
    expect(await agree(undefined, live)).toBe(false)
  })

  test('may know of a delete on one side alone only after its retention (R9)', async () => {
    expect(await agree(deleted, undefined)).toBe(false)
    expect(await agree(undefined, deleted)).toBe(false)
    expect(await agree(longDeleted, undefined)).toBe(true)
    expect(await agree(undefined, longDeleted)).toBe(true)
  })

  test('agree on a dead letter by what was published before it (R5, R12)', async () => {
    expect(await agree(deadLettered, live)).toBe(true)
    expect(await agree(deadLettered, { ...live, offset: 42 })).toBe(false)
    expect(await agree(deadLettered, { ...live, digest: 'a'.repeat(32) as Digest })).toBe(false)
    expect(await agree(deadLettered, deleted)).toBe(false)
    expect(await agree(neverPublished, deleted)).toBe(true)
    expect(await agree({ ...neverPublished, partition: -1, offset: -1 }, undefined)).toBe(true)
    expect(await agree({ ...deleted, partition: -1, offset: -1 }, undefined)).toBe(true)
  })
})
