import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseDigest } from '../../src/domain/content.ts'
import { instant } from '../../src/domain/instant.ts'
import { passId } from '../../src/domain/pass.ts'
import { recordKey, type RecordKey } from '../../src/domain/record-key.ts'
import type { IndexUpdate, KeyIndex } from '../../src/replication/ports.ts'
import type { FeedIdentity } from '../../src/domain/feed-state.ts'
import type { EntryOutline, IndexEntry } from '../../src/domain/index-entry.ts'
import { SetDigester } from '../../src/support/set-digest.ts'
import { feedIdentity, indexEntries, indexEntry, recordKeys } from '../fixtures/index-entry.ts'
import { LISTINGS } from '../../src/resources/listings.ts'
import { parseResourceName, type ResourceDescription, type ResourceName } from '../../src/domain/resource.ts'
import { OFFICES } from '../fixtures/resources.ts'

/** Of resources whose entries differ: one has change stamps. */
export const CONTRACT_RESOURCES: readonly ResourceDescription[] = [LISTINGS, OFFICES]

/** A new, empty index of `CONTRACT_RESOURCES`. */
export type OpenIndex = () => Promise<{ readonly index: KeyIndex } & AsyncDisposable>

const AT = instant(1_760_000_000_000)
const NEVER = new AbortController().signal
const K = (text: string): RecordKey => recordKey(text)
const PASS = passId('purge/2026-05-02T14:03:09Z')

/** The cases that every `KeyIndex` passes. */
export function keyIndexContract(name: string, open: OpenIndex): void {
  describe(`${name} as a key index`, () => {
    entryCases(open)
    partCases(open)
    viewCases(open)
    stateCases(open)
    adoptionCases(open)
    ledgerCases(open)
  })
}

function entryCases(open: OpenIndex): void {
  test('an entry is read as it was put, whatever it holds', async () => {
    await using opened = await open()
    await fc.assert(
      fc.asyncProperty(recordKeys, indexEntries, async (key, entry) => {
        await opened.index.apply(update([[key, entry]]))
        expect(await opened.index.getMany(LISTINGS.name, [key])).toEqual([entry])
      }),
    )
  })

  test('a change stamp that was not given is read as null', async () => {
    await using opened = await open()
    await opened.index.apply(update([[K('1'), indexEntry({ changeStamps: {} })]]))
    const [entry] = await opened.index.getMany(LISTINGS.name, [K('1')])
    expect(entry?.changeStamps).toEqual({ photos: null, videos: null, documents: null })
  })

  test('answers come in the order asked, undefined for unknown keys, twice for keys asked twice', async () => {
    await using opened = await open()
    const [one, two] = [indexEntry({ request: 1 }), indexEntry({ request: 2 })]
    await opened.index.apply(
      update([
        [K('1'), one],
        [K('2'), two],
      ]),
    )
    const found = await opened.index.getMany(LISTINGS.name, [K('2'), K('9'), K('1'), K('2')])
    expect(found).toEqual([two, undefined, one, two])
  })

  test('a key that is both put and dropped by one update is refused, and nothing of it is applied', async () => {
    await using opened = await open()
    const contradictory = update(
      [
        [K('1'), indexEntry()],
        [K('2'), indexEntry()],
      ],
      [K('2')],
    )
    await expect(opened.index.apply(contradictory)).rejects.toMatchObject({ code: 'INVARIANT_VIOLATION' })
    expect(await opened.index.getMany(LISTINGS.name, [K('1'), K('2')])).toEqual([undefined, undefined])
  })

  test('any sequence of updates and reads answers as a map would, and verifies (R2)', async () => {
    await using opened = await open()
    const { index } = opened
    const step = fc.oneof(
      fc.record({
        kind: fc.constant('apply'),
        puts: fc.array(fc.tuple(recordKeys, indexEntries), { maxLength: 6 }),
        drops: fc.array(recordKeys, { maxLength: 4 }),
      }),
      fc.record({ kind: fc.constant('read'), keys: fc.array(recordKeys, { maxLength: 8 }) }),
      fc.record({ kind: fc.constant('scan') }),
      fc.record({ kind: fc.constant('verify') }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
        await index.reset(feedIdentity(), AT)
        const model = new Map<RecordKey, IndexEntry>()
        for (const s of steps) {
          if ('puts' in s) {
            const puts = new Map(s.puts)
            const drops = s.drops.filter((key) => !puts.has(key))
            await index.apply(update(puts, drops))
            for (const [key, entry] of puts) model.set(key, entry)
            for (const key of drops) model.delete(key)
          } else if ('keys' in s) {
            expect(await index.getMany(LISTINGS.name, s.keys)).toEqual(s.keys.map((key) => model.get(key)))
          } else if (s.kind === 'scan') {
            expect(await allEntries(index)).toEqual(inOrder(model))
          } else {
            expect(await index.verify()).toBe(true)
          }
        }
        expect(await allEntries(index)).toEqual(inOrder(model))
        expect(await index.verify()).toBe(true)
      }),
      { numRuns: 40 },
    )
  })

  test('reads and updates that overlap leave the checksums right (R2)', async () => {
    await using opened = await open()
    const { index } = opened
    await index.reset(feedIdentity(), AT)
    const keys = Array.from({ length: 20 }, (_, i) => K(`k${i}`))
    await Promise.all(
      Array.from({ length: 30 }, async (_, round) => {
        const some = keys.filter((_key, i) => (i + round) % 3 === 0)
        const reading = index.getMany(LISTINGS.name, keys)
        const verifying = index.verify()
        await index.apply(update(some.map((key) => [key, indexEntry({ request: round })] as const)))
        await reading
        expect(await verifying).toBe(true)
      }),
    )
    expect(await index.verify()).toBe(true)
  })

  test('a scan comes in ascending order of key and shows the index as it was when the scan began (R14)', async () => {
    await using opened = await open()
    const { index } = opened
    const keys = Array.from({ length: 2500 }, (_, i) => K(String((i * 7919) % 2500).padStart(6, '0')))
    await index.apply(update(keys.map((key) => [key, indexEntry()] as const)))
    const seen: RecordKey[] = []
    for await (const batch of index.entries(LISTINGS.name)) {
      expect(batch.length).toBeLessThanOrEqual(1000)
      for (const [key] of batch) seen.push(key)
      const last = batch.at(-1)?.[0] ?? ''
      await index.apply(update([[K(`${last}x`), indexEntry()]]))
    }
    expect(seen).toEqual([...keys].sort())
  })

  test('the outlines are of the same entries, in the same order, and say the same', async () => {
    await using opened = await open()
    const { index } = opened
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(recordKeys, indexEntries), { maxLength: 8 }), async (puts) => {
        await index.reset(feedIdentity(), AT)
        await index.apply(update(puts))
        const outlines = (await Array.fromAsync(index.outlines(LISTINGS.name))).flat()
        expect(outlines.map(([key, outline]) => [key, outlineOf(outline)])).toEqual(
          (await allEntries(index)).map(([key, entry]) => [key, outlineOf(entry)]),
        )
      }),
      { numRuns: 20 },
    )
  })

  test('a scan that is left early leaves the index usable', async () => {
    await using opened = await open()
    await opened.index.apply(update([[K('1'), indexEntry()]]))
    for await (const batch of opened.index.entries(LISTINGS.name)) {
      expect(batch).toHaveLength(1)
      break
    }
    await opened.index.reset(feedIdentity(), AT)
    expect(await allEntries(opened.index)).toEqual([])
  })
}

function viewCases(open: OpenIndex): void {
  test("a view has the digests that the topic holds, a dead letter's last published one too, and no deleted key", async () => {
    await using opened = await open()
    const digest = (n: number) => parseDigest(String(n).repeat(32))!
    await opened.index.apply(
      update([
        [K('live'), indexEntry({ state: 'live', digest: digest(1) })],
        [K('gone'), indexEntry({ state: 'deleted', digest: digest(2) })],
        [K('letter'), indexEntry({ state: 'dead_lettered', digest: digest(3), publishedDigest: digest(4) })],
        [K('never'), indexEntry({ state: 'dead_lettered', digest: digest(5) })],
      ]),
    )
    await using view = opened.index.view()
    const digester = new SetDigester()
    digester.add('letter', Buffer.alloc(16, 0x44))
    digester.add('live', Buffer.alloc(16, 0x11))
    expect(await view.contents(LISTINGS.name, NEVER)).toEqual(digester.end())
    expect(await view.contents(OFFICES.name, NEVER)).toMatchObject({ keys: 0 })
  })

  test('a view shows nothing of what is applied after it was taken, of any resource', async () => {
    await using opened = await open()
    const { index } = opened
    await index.apply(update([[K('1'), indexEntry()]]))
    await using view = index.view()
    await index.apply(update([[K('2'), indexEntry()]]))
    const office = {
      resource: OFFICES.name,
      puts: new Map([[K('3'), indexEntry({ changeStamps: {} })]]),
      drops: [],
    }
    await index.apply({ parts: [office], nextOffsets: undefined, at: AT })
    expect(await view.contents(LISTINGS.name, NEVER)).toMatchObject({ keys: 1 })
    expect(await view.contents(OFFICES.name, NEVER)).toMatchObject({ keys: 0 })
    await using later = index.view()
    expect(await later.contents(LISTINGS.name, NEVER)).toMatchObject({ keys: 2 })
  })
}

function partCases(open: OpenIndex): void {
  const both = (
    listing: readonly (readonly [RecordKey, IndexEntry])[],
    office: readonly (readonly [RecordKey, IndexEntry])[],
  ): IndexUpdate => ({
    ...update([]),
    parts: [update(listing).parts[0]!, { resource: OFFICES.name, puts: new Map(office), drops: [] }],
  })
  const officeEntry = (over: Partial<IndexEntry> = {}) => indexEntry({ changeStamps: {}, ...over })

  test('one update changes the entries of several resources, whose keys do not mix (R1)', async () => {
    await using opened = await open()
    const { index } = opened
    await index.reset(feedIdentity(), AT)
    const [listing, office] = [indexEntry({ request: 4 }), officeEntry({ request: 9, offset: 7 })]
    await index.apply({
      ...both([[K('1'), listing]], [[K('1'), office]]),
      nextOffsets: { listings: [3], offices: [8] },
    })
    expect(await index.getMany(LISTINGS.name, [K('1')])).toEqual([listing])
    expect(await index.getMany(OFFICES.name, [K('1')])).toEqual([office])
    expect(index.state()).toMatchObject({ nextOffsets: { listings: [3], offices: [8] }, request: 9 })
    await index.apply(update([], [K('1')]))
    expect(await allEntries(index)).toEqual([])
    expect(await index.getMany(OFFICES.name, [K('1')])).toEqual([office])
    expect(await index.verify()).toBe(true)
  })

  test('any sequence of updates of two resources leaves each as a map would, and verifies (R2)', async () => {
    await using opened = await open()
    const { index } = opened
    const part = (entries: fc.Arbitrary<IndexEntry>) =>
      fc.record({
        puts: fc.array(fc.tuple(recordKeys, entries), { maxLength: 4 }),
        drops: fc.array(recordKeys, { maxLength: 3 }),
      })
    const officeEntries = indexEntries.map((entry) => ({ ...entry, changeStamps: {} }))
    const steps = fc.array(fc.tuple(part(indexEntries), part(officeEntries)), { maxLength: 8 })
    await fc.assert(
      fc.asyncProperty(steps, async (updates) => {
        await index.reset(feedIdentity(), AT)
        const models = CONTRACT_RESOURCES.map(() => new Map<RecordKey, IndexEntry>())
        for (const said of updates) {
          const parts = said.map(({ puts, drops }, i) => {
            const kept = new Map(puts)
            return {
              resource: CONTRACT_RESOURCES[i]!.name,
              puts: kept,
              drops: drops.filter((key) => !kept.has(key)),
            }
          })
          await index.getMany(LISTINGS.name, [...parts[0]!.puts.keys()])
          await index.apply({ ...update([]), parts })
          for (const [i, { puts, drops }] of parts.entries()) {
            for (const [key, entry] of puts) models[i]!.set(key, entry)
            for (const key of drops) models[i]!.delete(key)
          }
        }
        const [listings, offices] = models
        expect(await allEntries(index)).toEqual(inOrder(listings!))
        const found = await index.getMany(OFFICES.name, [...offices!.keys()])
        expect(found).toEqual([...offices!.values()])
        expect(await index.verify()).toBe(true)
      }),
      { numRuns: 30 },
    )
  })

  test('an update of which one part is refused changes nothing of the others, nor the state (R1)', async () => {
    await using opened = await open()
    const { index } = opened
    await index.reset(feedIdentity(), AT)
    await index.apply({
      ...both([[K('1'), indexEntry()]], [[K('1'), officeEntry()]]),
      nextOffsets: { listings: [1] },
    })
    const state = index.state()
    const [listing] = both(
      [
        [K('1'), indexEntry({ request: 77 })],
        [K('2'), indexEntry()],
      ],
      [],
    ).parts
    const office = { resource: OFFICES.name, puts: new Map([[K('1'), officeEntry()]]), drops: [K('1')] }
    const refused = { ...update([]), parts: [listing!, office], nextOffsets: { listings: [9] } }
    await expect(index.apply(refused)).rejects.toMatchObject({ code: 'INVARIANT_VIOLATION' })
    expect(await allEntries(index)).toEqual([[K('1'), indexEntry()]])
    expect(await index.getMany(OFFICES.name, [K('1')])).toEqual([officeEntry()])
    expect(index.state()).toEqual(state)
    expect(await index.verify()).toBe(true)
  })

  test('an update with two parts of one resource is refused, and nothing of it is applied', async () => {
    await using opened = await open()
    const parts = ['1', '2'].flatMap((key) => update([[K(key), indexEntry()]]).parts)
    const twice = opened.index.apply({ ...update([]), parts })
    await expect(twice).rejects.toMatchObject({ code: 'INVARIANT_VIOLATION' })
    expect(await allEntries(opened.index)).toEqual([])
  })
}

function stateCases(open: OpenIndex): void {
  test('a new index states nothing, and verifies', async () => {
    await using opened = await open()
    expect(opened.index.state()).toBeNull()
    expect(await opened.index.verify()).toBe(true)
    expect(await allEntries(opened.index)).toEqual([])
  })

  test('an update brings the offsets, the time and the highest request forward (R2, R6)', async () => {
    await using opened = await open()
    const { index } = opened
    const feed = feedIdentity()
    await index.reset(feed, AT)
    expect(index.state()).toEqual({ feed, nextOffsets: {}, writtenAt: AT, request: 0 })

    const later = instant(AT + 1)
    const nextOffsets = { listings: [4, 0, 9] }
    await index.apply({ ...update([[K('1'), indexEntry({ request: 12 })]]), nextOffsets, at: later })
    expect(index.state()).toEqual({ feed, nextOffsets, writtenAt: later, request: 12 })

    const last = instant(AT + 2)
    await index.apply({ ...update([[K('1'), indexEntry({ request: 5 })]]), at: last })
    expect(index.state()).toEqual({ feed, nextOffsets, writtenAt: last, request: 12 })
  })

  test('an update without a feed keeps entries and states nothing', async () => {
    await using opened = await open()
    await opened.index.apply({ ...update([[K('1'), indexEntry()]]), nextOffsets: { listings: [1] } })
    expect(opened.index.state()).toBeNull()
    expect(await opened.index.verify()).toBe(true)
  })

  test('a reset empties entries and ledgers and states the new feed', async () => {
    await using opened = await open()
    const { index } = opened
    await index.reset(feedIdentity(), AT)
    await index.apply({ ...update([[K('1'), indexEntry()]]), nextOffsets: { listings: [1] } })
    await index.ledger.add(PASS, 'seen', 1, [[K('1'), '']])
    const feed = feedIdentity({ generation: 2 })
    await index.reset(feed, AT)
    expect(await index.getMany(LISTINGS.name, [K('1')])).toEqual([undefined])
    expect(await allEntries(index)).toEqual([])
    expect(await index.ledger.size(PASS, 'seen', 9)).toBe(0)
    expect(index.state()).toEqual({ feed, nextOffsets: {}, writtenAt: AT, request: 0 })
    expect(await index.verify()).toBe(true)
  })
}

/** By what each of them holds. */
function feedOf(...resources: readonly ResourceDescription[]): FeedIdentity {
  return feedIdentity({ partitions: Object.fromEntries(resources.map(({ name }) => [name, 2])) })
}

function adoptionCases(open: OpenIndex): void {
  const entry = indexEntry({ changeStamps: {} })

  test('an entry of a resource that the index was not opened for is refused', async () => {
    await using opened = await open()
    const resource = parseResourceName('boats')!
    const parts = [{ resource, puts: new Map([[K('1'), entry]]), drops: [] }]
    const refused = opened.index.apply({ parts, nextOffsets: undefined, at: AT })
    await expect(refused).rejects.toMatchObject({ code: 'INVARIANT_VIOLATION' })
  })

  test('an index that states no feed adopts nothing', async () => {
    await using opened = await open()
    await expect(opened.index.adopt(feedOf(LISTINGS))).rejects.toMatchObject({ code: 'INVARIANT_VIOLATION' })
  })

  test('adoption leaves age, requests and ledgers as they are (R2, R6)', async () => {
    await using opened = await open()
    const { index } = opened
    await index.reset(feedOf(LISTINGS), AT)
    await index.apply(update([[K('1'), indexEntry({ request: 12 })]]))
    await index.ledger.add(PASS, 'seen', 1, [[K('1'), '']])
    await index.adopt(feedOf(LISTINGS, OFFICES))
    expect(index.state()).toMatchObject({ writtenAt: AT, request: 12 })
    expect(await index.ledger.size(PASS, 'seen', 2)).toBe(1)
  })

  test('whatever sets of resources follow each other: what is in two in a row stays, all else is forgotten (R2)', async () => {
    await using opened = await open()
    const { index } = opened
    const sets = fc.subarray([...CONTRACT_RESOURCES], { minLength: 1 })
    const filled = fc.record({ set: sets, keys: fc.array(recordKeys, { maxLength: 4 }), at: fc.nat() })
    await fc.assert(
      fc.asyncProperty(fc.array(filled, { minLength: 1, maxLength: 6 }), async (steps) => {
        await index.reset(feedOf(), AT)
        let model = new Map<ResourceName, { readonly keys: Set<RecordKey>; ends: readonly number[] }>()
        for (const { set, keys, at } of steps) {
          const feed = feedOf(...set)
          await index.adopt(feed)
          model = new Map(set.map(({ name }) => [name, model.get(name) ?? { keys: new Set(), ends: [] }]))
          expect(index.state()?.feed).toEqual(feed)
          await expectAsModel(index, model)

          const parts = set.map(({ name }) => {
            return { resource: name, puts: new Map(keys.map((key) => [key, entry])), drops: [] }
          })
          const nextOffsets = Object.fromEntries(set.map(({ name }) => [name, [at, at + 1]]))
          await index.apply({ parts, nextOffsets, at: AT })
          for (const known of model.values()) {
            for (const key of keys) known.keys.add(key)
            known.ends = [at, at + 1]
          }
          await expectAsModel(index, model)
        }
      }),
      { numRuns: 60 },
    )
  })
}

async function expectAsModel(
  index: KeyIndex,
  model: ReadonlyMap<
    ResourceName,
    { readonly keys: ReadonlySet<RecordKey>; readonly ends: readonly number[] }
  >,
): Promise<void> {
  for (const { name } of CONTRACT_RESOURCES) {
    const entries = (await Array.fromAsync(index.entries(name))).flat()
    expect(entries.map(([key]) => key)).toEqual([...(model.get(name)?.keys ?? [])].sort())
    expect(index.state()?.nextOffsets[name] ?? []).toEqual(model.get(name)?.ends ?? [])
  }
  expect(await index.verify()).toBe(true)
}

function ledgerCases(open: OpenIndex): void {
  test('a key is new once: on its first page, and once on that page (R7)', async () => {
    await using opened = await open()
    const { ledger } = opened.index
    const first = await ledger.add(PASS, 'seen', 1, [
      [K('b'), ''],
      [K('a'), ''],
      [K('b'), ''],
    ])
    expect(first).toEqual([true, true, false])
    expect(await ledger.add(PASS, 'seen', 2, [[K('a'), ''] as const, [K('c'), ''] as const])).toEqual([
      false,
      true,
    ])
  })

  test('what pages after a crash had added counts as not there (R7)', async () => {
    const pages = fc.array(fc.array(recordKeys, { maxLength: 6 }), { minLength: 1, maxLength: 8 })
    await using opened = await open()
    const { ledger } = opened.index
    let run = 0
    await fc.assert(
      fc.asyncProperty(pages, fc.nat(), fc.nat(), async (walk, crash, resume) => {
        const pass = passId(`crash/${run++}`)
        const seen = new Set<RecordKey>()
        const truth = walk.map((keys) => keys.map((key) => !seen.has(key) && seen.add(key) !== undefined))
        const addPage = (page: number): Promise<readonly boolean[]> =>
          ledger.add(
            pass,
            'seen',
            page,
            (walk[page] ?? []).map((key) => [key, ''] as const),
          )

        const crashAt = crash % (walk.length + 1)
        for (let page = 0; page < crashAt; page++) await addPage(page)
        const resumeAt = crashAt === 0 ? 0 : resume % (crashAt + 1)
        const before = truth.slice(0, resumeAt).flat().filter(Boolean).length
        expect(await ledger.size(pass, 'seen', resumeAt)).toBe(before)
        for (let page = resumeAt; page < walk.length; page++) expect(await addPage(page)).toEqual(truth[page])

        expect(await ledger.size(pass, 'seen', walk.length)).toBe(seen.size)
        expect((await allMarks(opened.index, pass)).map(([key]) => key)).toEqual([...seen].sort())
        await ledger.drop(pass)
      }),
      { numRuns: 60 },
    )
  })

  test('marks come in ascending order of key, in batches, with the newest note (R14)', async () => {
    await using opened = await open()
    const { ledger } = opened.index
    const keys = Array.from({ length: 2500 }, (_, i) => K(String((i * 7919) % 2500).padStart(6, '0')))
    await ledger.add(
      PASS,
      'recheck',
      1,
      keys.map((key) => [key, 'first'] as const),
    )
    await ledger.add(PASS, 'recheck', 2, [[K('000007'), 'sécond'] as const])
    const marks: (readonly [RecordKey, string])[] = []
    for await (const batch of ledger.entries(PASS, 'recheck')) {
      expect(batch.length).toBeLessThanOrEqual(1000)
      marks.push(...batch)
    }
    expect(marks.map(([key]) => key)).toEqual([...keys].sort())
    expect(new Map(marks).get(K('000007'))).toBe('sécond')
    expect(new Map(marks).get(K('000008'))).toBe('first')
    expect(await ledger.size(PASS, 'recheck', 2)).toBe(2500)
  })

  test('passes and sets do not mix, and are dropped one by one', async () => {
    await using opened = await open()
    const { ledger } = opened.index
    const other = passId('purge')
    await ledger.add(PASS, 'seen', 1, [[K('1'), ''] as const])
    await ledger.add(PASS, 'gone', 1, [[K('2'), ''] as const])
    await ledger.add(other, 'seen', 1, [[K('3'), ''] as const])
    const sizes = (): Promise<number[]> =>
      Promise.all([ledger.size(PASS, 'seen', 2), ledger.size(PASS, 'gone', 2), ledger.size(other, 'seen', 2)])
    expect(await sizes()).toEqual([1, 1, 1])
    await ledger.drop(PASS, 'gone')
    expect(await sizes()).toEqual([1, 0, 1])
    await ledger.drop(other)
    expect(await sizes()).toEqual([1, 0, 0])
    expect(await ledger.add(PASS, 'gone', 1, [[K('2'), ''] as const])).toEqual([true])
    await ledger.drop(PASS)
    expect(await sizes()).toEqual([0, 0, 0])
  })

  test('all passes but some are forgotten at once, whatever their ids look like', async () => {
    await using opened = await open()
    const { ledger } = opened.index
    const passes = ['a', 'a-b', 'a/seen', 'a0', 'b', 'é', '~'].map(passId)
    for (const pass of passes) {
      await ledger.add(pass, 'seen', 1, [[K('1'), ''] as const])
      await ledger.add(pass, 'gone', 1, [[K('2'), ''] as const])
    }
    const left = async (): Promise<readonly string[]> => {
      const sizes = await Promise.all(passes.map((pass) => ledger.size(pass, 'gone', 2)))
      return passes.filter((_, i) => sizes[i] === 1)
    }
    await ledger.keepOnly([passId('b'), passId('a'), passId('never'), passId('é')])
    expect(await left()).toEqual(['a', 'b', 'é'])
    expect(await ledger.size(passId('a'), 'seen', 2)).toBe(1)
    await ledger.keepOnly([])
    expect(await left()).toEqual([])
  })

  test('nothing to add is nothing new', async () => {
    await using opened = await open()
    expect(await opened.index.ledger.add(PASS, 'seen', 1, [])).toEqual([])
  })

  test('marks are no entries, and are outside the checksums', async () => {
    await using opened = await open()
    await opened.index.reset(feedIdentity(), AT)
    await opened.index.ledger.add(PASS, 'seen', 1, [[K('1'), ''] as const])
    expect(await allEntries(opened.index)).toEqual([])
    expect(await opened.index.verify()).toBe(true)
  })
}

function outlineOf(of: EntryOutline): EntryOutline {
  const { state, modificationTimestamp, observedAt, mlsId, partition, offset } = of
  return { state, modificationTimestamp, observedAt, mlsId, partition, offset }
}

export function update(
  puts: Iterable<readonly [RecordKey, IndexEntry]>,
  drops: readonly RecordKey[] = [],
): IndexUpdate {
  const parts = [{ resource: LISTINGS.name, puts: new Map(puts), drops }]
  return { parts, nextOffsets: undefined, at: AT }
}

async function allEntries(index: KeyIndex): Promise<(readonly [RecordKey, IndexEntry])[]> {
  return (await Array.fromAsync(index.entries(LISTINGS.name))).flat()
}

async function allMarks(
  index: KeyIndex,
  pass: ReturnType<typeof passId>,
): Promise<(readonly [RecordKey, string])[]> {
  return (await Array.fromAsync(index.ledger.entries(pass, 'seen'))).flat()
}

function inOrder(model: ReadonlyMap<RecordKey, IndexEntry>): (readonly [RecordKey, IndexEntry])[] {
  return [...model].sort(([a], [b]) => (a < b ? -1 : 1))
}
