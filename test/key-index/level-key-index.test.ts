import { ClassicLevel } from 'classic-level'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { instant } from '../../src/domain/instant.ts'
import { passId } from '../../src/domain/pass.ts'
import { recordKey } from '../../src/domain/record-key.ts'
import type { LevelKeyIndex } from '../../src/key-index/level-key-index.ts'
import { openKeyIndex } from '../../src/key-index/open-key-index.ts'
import { feedIdentity, indexEntry } from '../fixtures/index-entry.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'
import { CONTRACT_RESOURCES, keyIndexContract, update } from './key-index-contract.ts'
import { LISTINGS } from '../../src/resources/listings.ts'
import { RESOURCES } from '../../src/resources/index.ts'
import type { ResourceDescription } from '../../src/domain/resource.ts'
import { OFFICES } from '../fixtures/resources.ts'

const AT = instant(1_760_000_000_000)
const K = recordKey
const { signal } = new AbortController()

keyIndexContract('LevelKeyIndex', async () => {
  const folder = await tempFolder()
  const index = await openKeyIndex(folder.path, { resources: CONTRACT_RESOURCES }, signal)
  return {
    index,
    async [Symbol.asyncDispose]() {
      await index[Symbol.asyncDispose]()
      await folder[Symbol.asyncDispose]()
    },
  }
})

describe('the index on disk', () => {
  test('is found as it was left, its ledgers too (R2)', async () => {
    await using folder = await tempFolder()
    await using before = await filled(folder.path)
    await before.ledger.add(passId('p'), 'seen', 1, [[K('1'), '']])
    const state = before.state()
    await before[Symbol.asyncDispose]()

    await using after = await openKeyIndex(folder.path, { resources: RESOURCES }, signal)
    expect(after.recreated).toBeNull()
    expect(after.state()).toEqual(state)
    expect(await after.getMany(LISTINGS.name, [K('k3'), K('k30')])).toEqual([
      indexEntry({ request: 3 }),
      undefined,
    ])
    expect(await after.ledger.size(passId('p'), 'seen', 2)).toBe(1)
    expect(await after.verify()).toBe(true)
    await after.apply(update([[K('k3'), indexEntry({ request: 99 })]]))
    expect(await after.verify()).toBe(true)
  })

  test('fails to verify after any one bit of it has flipped (R2)', async () => {
    await using folder = await tempFolder()
    await using index = await filled(folder.path)
    await index[Symbol.asyncDispose]()
    const storedKeys = fc.constantFrom('meta/state', 'meta/sums/listings', 'entry/listings/k3')
    await fc.assert(
      fc.asyncProperty(storedKeys, fc.nat(), async (key, bit) => {
        const flip = (values: Map<string, Buffer>): void => {
          const value = values.get(key)!
          value[(bit >> 3) % value.length]! ^= 1 << (bit & 7)
        }
        await editRaw(folder.path, flip)
        expect(await reopenAndVerify(folder.path)).toBe(false)
        await editRaw(folder.path, flip)
        expect(await reopenAndVerify(folder.path)).toBe(true)
      }),
      { numRuns: 60 },
    )
  })

  test.each<[string, (values: Map<string, Buffer>) => void]>([
    ['an entry is lost', (values) => values.delete('entry/listings/k3')],
    [
      'an entry is added',
      (values) => values.set('entry/listings/k99', Buffer.from(values.get('entry/listings/k3')!)),
    ],
    [
      'two entries change places',
      (values) => {
        const [a, b] = [values.get('entry/listings/k1')!, values.get('entry/listings/k2')!]
        values.set('entry/listings/k1', b).set('entry/listings/k2', a)
      },
    ],
    ['an entry has an impossible key', (values) => values.set('entry/listings//', Buffer.alloc(60))],
    ['an entry is of no possible resource', (values) => values.set('entry/a b/1', Buffer.alloc(60))],
    ['a resource has entries alone', (values) => values.set('entry/boats/1', Buffer.alloc(60))],
    ['the checksums are lost', (values) => values.delete('meta/sums/listings')],
    ['the checksums are cut', (values) => values.set('meta/sums/listings', Buffer.alloc(9))],
  ])('fails to verify when %s (R2)', async (_, edit) => {
    await using folder = await tempFolder()
    await using index = await filled(folder.path)
    await index[Symbol.asyncDispose]()
    await editRaw(folder.path, edit)
    expect(await reopenAndVerify(folder.path)).toBe(false)
  })

  test('states nothing when its state cannot be read, so that it is rebuilt (R2)', async () => {
    await using folder = await tempFolder()
    await using index = await filled(folder.path)
    await index[Symbol.asyncDispose]()
    await editRaw(folder.path, (values) => values.set('meta/state', Buffer.from('{}')))
    await using damaged = await openKeyIndex(folder.path, { resources: RESOURCES }, signal)
    expect(damaged.state()).toBeNull()
    expect(await damaged.verify()).toBe(false)
    await damaged.reset(feedIdentity(), AT)
    expect(await damaged.verify()).toBe(true)
  })

  test('answers INDEX_CORRUPT for an entry that is none', async () => {
    await using folder = await tempFolder()
    await using index = await filled(folder.path)
    await index[Symbol.asyncDispose]()
    await editRaw(folder.path, (values) => values.set('entry/listings/k3', Buffer.alloc(60, 0xff)))
    await using damaged = await openKeyIndex(folder.path, { resources: RESOURCES }, signal)
    await expect(damaged.getMany(LISTINGS.name, [K('k3')])).rejects.toMatchObject({ code: 'INDEX_CORRUPT' })
    for (const scan of [damaged.entries(LISTINGS.name), damaged.outlines(LISTINGS.name)]) {
      await expect(Array.fromAsync<unknown>(scan)).rejects.toMatchObject({ code: 'INDEX_CORRUPT' })
    }
  })

  test.each([
    ['a run of marks', 'ledger/p/seen/!1'],
    ['a mark', 'ledger/p/seen/1'],
  ])('answers LEDGER_DAMAGED for %s with any one bit flipped, and is right itself (R7)', async (_, key) => {
    await using folder = await tempFolder()
    await using index = await filled(folder.path)
    await index.ledger.add(passId('p'), 'seen', 1, [
      [K('0'), ''],
      [K('1'), '1760000000000'],
    ])
    // Again: beside the run.
    if (!key.includes('!')) await index.ledger.add(passId('p'), 'seen', 1, [[K('1'), '1760000000001']])
    await index[Symbol.asyncDispose]()
    await fc.assert(
      fc.asyncProperty(fc.nat(), async (bit) => {
        const flip = (values: Map<string, Buffer>): void => {
          const value = values.get(key)!
          value[(bit >> 3) % value.length]! ^= 1 << (bit & 7)
        }
        await editRaw(folder.path, flip)
        {
          await using damaged = await openKeyIndex(folder.path, { resources: RESOURCES }, signal)
          const { ledger } = damaged
          const damage = { code: 'LEDGER_DAMAGED', retryable: true }
          await expect(ledger.size(passId('p'), 'seen', 9)).rejects.toMatchObject(damage)
          await expect(ledger.add(passId('p'), 'seen', 2, [[K('1'), '']])).rejects.toMatchObject(damage)
          await expect(Array.fromAsync(ledger.entries(passId('p'), 'seen'))).rejects.toMatchObject(damage)
          expect(await damaged.verify()).toBe(true)
        }
        await editRaw(folder.path, flip)
      }),
      { numRuns: 30 },
    )
  })

  test('applies a batch whole or not at all: an entry that cannot be stored leaves every resource as it was (R1)', async () => {
    await using folder = await tempFolder()
    {
      await using index = await filled(folder.path, CONTRACT_RESOURCES)
      const good = update([[K('k1'), indexEntry({ request: 77 })]])
      const bad = {
        resource: OFFICES.name,
        puts: new Map([[K('k2'), indexEntry({ offset: 0.5 })]]),
        drops: [],
      }
      const both = { ...good, parts: [...good.parts, bad], nextOffsets: { listings: [99] } }
      await expect(index.apply(both)).rejects.toMatchObject({ code: 'INVARIANT_VIOLATION' })
    }
    await using found = await openKeyIndex(folder.path, { resources: CONTRACT_RESOURCES }, signal)
    expect(await found.getMany(LISTINGS.name, [K('k1')])).toEqual([indexEntry({ request: 1 })])
    expect(await found.getMany(OFFICES.name, [K('k2')])).toEqual([undefined])
    expect(found.state()).toMatchObject({ nextOffsets: { listings: [20, 1, 2] }, request: 19 })
    expect(await found.verify()).toBe(true)
  })

  test('does not take what was read before an update for what is there after it (R2)', async () => {
    await using folder = await tempFolder()
    await using index = await filled(folder.path)
    // Long enough to be overtaken by an update.
    const slowRead = index.getMany(LISTINGS.name, [
      K('k1'),
      ...Array.from({ length: 30_000 }, () => K('none')),
    ])
    await index.apply(update([[K('k1'), indexEntry({ request: 50 })]]))
    await slowRead
    await index.apply(update([[K('k1'), indexEntry({ request: 51 })]]))
    expect(await index.verify()).toBe(true)
  })

  test('does not take what was read during an update for what is there after it (R2)', async () => {
    await using folder = await tempFolder()
    await using index = await filled(folder.path)
    const many = Array.from({ length: 5000 }, (_, i) => [K(`m${i}`), indexEntry()] as const)
    const slowUpdate = index.apply(update(many))
    await index.getMany(LISTINGS.name, [K('k1')])
    await index.getMany(LISTINGS.name, [K('m7')])
    await slowUpdate
    await index.apply(update([[K('m7'), indexEntry({ request: 51 })]]))
    expect(await index.verify()).toBe(true)
  })

  test('is not usable after it was closed', async () => {
    await using folder = await tempFolder()
    await using index = await filled(folder.path)
    await index[Symbol.asyncDispose]()
    for (const key of ['k1', 'never-written']) {
      await expect(index.getMany(LISTINGS.name, [K(key)])).rejects.toMatchObject({
        code: 'INVARIANT_VIOLATION',
      })
    }
    await expect(index.verify()).rejects.toMatchObject({ code: 'INVARIANT_VIOLATION' })
  })
})

async function filled(
  dataDirectory: string,
  resources: readonly ResourceDescription[] = RESOURCES,
): Promise<LevelKeyIndex> {
  const index = await openKeyIndex(dataDirectory, { resources }, signal)
  await index.reset(feedIdentity(), AT)
  const puts = Array.from({ length: 20 }, (_, i) => [K(`k${i}`), indexEntry({ request: i })] as const)
  await index.apply({ ...update(puts), nextOffsets: { listings: [20, 1, 2] } })
  return index
}

async function reopenAndVerify(dataDirectory: string): Promise<boolean> {
  await using index = await openKeyIndex(dataDirectory, { resources: RESOURCES }, signal)
  return await index.verify()
}

/** Changes what LevelDB holds behind the index's back. */
async function editRaw(dataDirectory: string, edit: (values: Map<string, Buffer>) => void): Promise<void> {
  await using db = new ClassicLevel<string, Buffer>(`${dataDirectory}/index`, { valueEncoding: 'buffer' })
  const values = new Map(await db.iterator().all())
  edit(values)
  await db.clear()
  await db.batch([...values].map(([key, value]) => ({ type: 'put', key, value })))
}
