import { describe, expect, test } from 'vitest'

import { recordKey, type RecordKey } from '../../src/domain/record-key.ts'
import type { JsonValue } from '../../src/domain/json.ts'
import type { SetAnswer, SetsRequest, Source, SourcePage, WalkRequest } from '../../src/replication/ports.ts'
import { LISTING_SETS } from '../../src/resources/listing-sets.ts'
import { LISTINGS } from '../../src/resources/listings.ts'

/** What a case will ask for, so that a scripted source can be told before. */
interface SourceWorld {
  /** Listings that exist. */
  readonly listings: number
  readonly pageLimit: number
  /** In the order of their walks. */
  readonly walks: readonly PlannedWalk[]
  readonly counts: readonly ('answered' | 'refused')[]
  /** After so many whole pages of the first walk, the API answers that the key is no good. */
  readonly failsAfter: number | undefined
  /** The API takes no filter by key. */
  readonly refusesKeys: boolean
  /** The place, among those that exist, of a listing that the key may not see by itself. */
  readonly forbidden: number | undefined
}

export interface PlannedWalk {
  readonly select: WalkRequest['select']
  /** Pages that an earlier walk has shown: it goes on behind them. */
  readonly after: number
}

interface OpenedSource extends AsyncDisposable {
  readonly source: Source
  /** Of the listings that exist, in the order of a walk. */
  readonly keys: readonly RecordKey[]
  /** Photos of each of them that has some. */
  readonly photos: ReadonlyMap<RecordKey, readonly JsonValue[]>
}

export type OpenSource = (world: SourceWorld) => Promise<OpenedSource>

const never = new AbortController().signal
const [PHOTOS] = LISTING_SETS
const ABSENT = recordKey('19990101000000000000000000')
const WHOLE: PlannedWalk = { select: 'everything', after: 0 }
const KEYS_ALONE: PlannedWalk = { select: 'keys', after: 0 }
const VERSIONS: PlannedWalk = { select: 'versions', after: 0 }
const WORLD: SourceWorld = {
  listings: 7,
  pageLimit: 3,
  walks: [],
  counts: [],
  failsAfter: undefined,
  refusesKeys: false,
  forbidden: undefined,
}

/** The cases that every `Source` passes. */
export function sourceContract(name: string, open: OpenSource): void {
  describe(`${name} as a source`, () => {
    walkCases(open)
    questionCases(open)
    setCases(open)
    abortCases(open)
  })
}

function walk(
  { source }: OpenedSource,
  select: WalkRequest['select'],
  token = '',
): AsyncIterable<SourcePage> {
  return source.walk({ resource: LISTINGS, filter: '', select, purpose: 'walk', token }, never)
}

const keysOf = (pages: readonly SourcePage[]): readonly RecordKey[] =>
  pages.flatMap(({ records }) => records.map(({ key }) => key))

function walkCases(open: OpenSource): void {
  test('a walk shows every record, page after page by its tokens, and ends with null (R7)', async () => {
    await using opened = await open({ ...WORLD, walks: [WHOLE] })
    const pages = await Array.fromAsync(walk(opened, 'everything'))
    expect(keysOf(pages)).toEqual(opened.keys)
    expect(pages.length).toBeGreaterThan(2)
    expect(pages.map(({ token }) => token)).toEqual(['', ...pages.slice(0, -1).map((page) => page.nextToken)])
    expect(pages.at(-1)?.nextToken).toBeNull()
    for (const { records, unreadable, serverDate } of pages) {
      expect(unreadable).toEqual([])
      expect(serverDate).toEqual(expect.any(Number))
      for (const record of records) {
        expect(record.modificationTimestamp).toEqual(expect.any(Number))
        expect(record.body).toMatchObject({ StandardFields: expect.any(Object) })
      }
    }
  })

  test('a walk of versions shows the same keys with the same stamps, one of keys without them', async () => {
    await using opened = await open({ ...WORLD, walks: [WHOLE, VERSIONS, KEYS_ALONE] })
    const stamps = async (select: WalkRequest['select']) =>
      (await Array.fromAsync(walk(opened, select))).flatMap(({ records }) =>
        records.map(({ key, modificationTimestamp }) => [key, modificationTimestamp] as const),
      )
    const whole = await stamps('everything')
    expect(await stamps('versions')).toEqual(whole)
    expect(await stamps('keys')).toEqual(whole.map(([key]) => [key, null]))
  })

  test('a walk that was left goes on at the token of any of its pages', async () => {
    const { walks, behind } = {
      walks: [WHOLE, { ...WHOLE, after: 1 }, { ...WHOLE, after: 2 }],
      behind: [1, 2],
    }
    await using opened = await open({ ...WORLD, walks })
    const whole = await Array.fromAsync(walk(opened, 'everything'))
    for (const after of behind) {
      const rest = await Array.fromAsync(walk(opened, 'everything', whole[after]!.token))
      expect(rest[0]?.token).toBe(whole[after]!.token)
      expect(keysOf(rest)).toEqual(keysOf(whole.slice(after)))
    }
  })

  test('a walk that is left after a page leaves the source usable', async () => {
    await using opened = await open({ ...WORLD, walks: [WHOLE, WHOLE] })
    for await (const page of walk(opened, 'everything')) {
      expect(keysOf([page])).toEqual(opened.keys.slice(0, 3))
      break
    }
    expect(keysOf(await Array.fromAsync(walk(opened, 'everything')))).toEqual(opened.keys)
  })

  test('a walk that fails has shown whole pages alone, and tells what became of it (R8)', async () => {
    await using opened = await open({ ...WORLD, walks: [WHOLE], failsAfter: 1 })
    const shown: SourcePage[] = []
    const failing = (async () => {
      for await (const page of walk(opened, 'everything')) shown.push(page)
    })()
    await expect(failing).rejects.toMatchObject({ code: 'SPARK_UNAUTHORIZED', retryable: false })
    expect(keysOf(shown)).toEqual(opened.keys.slice(0, 3))
  })

  test('every answer has a number above those of all answers before it (R6)', async () => {
    await using opened = await open({ ...WORLD, walks: [WHOLE, KEYS_ALONE] })
    const { source, keys } = opened
    const numbers: number[] = []
    for await (const page of walk(opened, 'everything')) {
      numbers.push(page.request)
      const answer = await source.findByKeys(LISTINGS, keys.slice(0, 2), 'keys', 'source', never)
      if (answer.kind === 'answered') numbers.push(answer.request)
      for (const key of [keys[0]!, ABSENT]) {
        const one = await source.findOne(LISTINGS, key, never)
        if (one.kind !== 'inconclusive') numbers.push(one.request)
      }
    }
    numbers.push(...(await Array.fromAsync(walk(opened, 'keys'))).map(({ request }) => request))
    expect(numbers.length).toBeGreaterThan(12)
    expect(numbers).toEqual([...new Set(numbers)].toSorted((a, b) => a - b))
  })
}

function questionCases(open: OpenSource): void {
  test('it says whose key it is, each time the same', async () => {
    await using opened = await open(WORLD)
    const identity = await opened.source.identify('update', never)
    for (const part of ['host', 'userId', 'mlsId'] as const) expect(identity[part]).toMatch(/./)
    expect(await opened.source.identify('update', never)).toEqual(identity)
  })

  test('it counts, or says that it does not (R7)', async () => {
    await using counting = await open({ ...WORLD, counts: ['answered'] })
    expect(await counting.source.count(LISTINGS, '', 'walk', never)).toBe(7)
    await using refusing = await open({ ...WORLD, counts: ['refused'] })
    expect(await refusing.source.count(LISTINGS, '', 'walk', never)).toBeUndefined()
  })

  test.each(['keys', 'everything'] as const)(
    'of the keys asked for it shows those that exist, selecting %s (R9)',
    async (select) => {
      await using opened = await open(WORLD)
      const [first, , third] = opened.keys
      const answer = await opened.source.findByKeys(
        LISTINGS,
        [third!, ABSENT, first!],
        select,
        'scope',
        never,
      )
      if (answer.kind !== 'answered') throw new Error(answer.why)
      expect(answer.records.map(({ key }) => key).toSorted()).toEqual([first!, third!].toSorted())
      expect(answer.serverDate).toEqual(expect.any(Number))
      if (select === 'keys') return
      for (const { body } of answer.records)
        expect(body).toMatchObject({ StandardFields: expect.any(Object) })
    },
  )

  test('a filter by key that is not taken is told, not answered with nothing (R8, R9)', async () => {
    await using opened = await open({ ...WORLD, refusesKeys: true })
    const answer = await opened.source.findByKeys(LISTINGS, opened.keys.slice(0, 2), 'keys', 'source', never)
    expect(answer).toMatchObject({ kind: 'refused', why: expect.stringMatching(/./) })
  })

  test.each([0, 201])('a question for %i keys is a mistake of who asks', async (count) => {
    await using opened = await open(WORLD)
    const keys = Array.from({ length: count }, (_, n) => recordKey(`1999${n}`))
    await expect(opened.source.findByKeys(LISTINGS, keys, 'keys', 'source', never)).rejects.toMatchObject({
      code: 'INVARIANT_VIOLATION',
    })
  })

  test('one record is found, gone, or not to be seen (R9)', async () => {
    await using opened = await open({ ...WORLD, forbidden: 1 })
    const { source, keys } = opened
    const found = await source.findOne(LISTINGS, keys[0]!, never)
    expect(found).toMatchObject({ kind: 'found', record: { key: keys[0] }, serverDate: expect.any(Number) })
    expect(await source.findOne(LISTINGS, ABSENT, never)).toMatchObject({
      kind: 'gone',
      serverDate: expect.any(Number),
    })
    expect(await source.findOne(LISTINGS, keys[1]!, never)).toMatchObject({
      kind: 'inconclusive',
      why: expect.stringMatching(/./),
    })
  })
}

function setsOf(keys: readonly RecordKey[], over: Partial<SetsRequest> = {}): SetsRequest {
  return { parent: LISTINGS, set: PHOTOS, keys, purpose: 'media', ...over }
}

function setCases(open: OpenSource): void {
  const byKey = (answers: readonly SetAnswer[]) => new Map(answers.map((answer) => [answer.key, answer]))

  test('of each record asked for it answers the set once, few or all at once', async () => {
    await using opened = await open(WORLD)
    const { source, keys, photos } = opened
    expect(photos.size).toBeGreaterThan(0)
    for (const asked of [keys, keys.slice(0, 2), keys.slice(3, 4), []]) {
      const answers = await Array.fromAsync(source.sets(setsOf(asked), never))
      expect(answers.map(({ key }) => key).toSorted()).toEqual([...asked].toSorted())
      for (const answer of answers) {
        expect(answer).toMatchObject({ kind: 'found', serverDate: expect.any(Number) })
        if (answer.kind === 'found') expect(answer.parts).toEqual(photos.get(answer.key) ?? [])
      }
    }
  })

  test('a record that is not there is told apart from one whose sets the key may not see (R8, R9)', async () => {
    await using opened = await open({ ...WORLD, forbidden: 1 })
    const { source, keys } = opened
    const answers = byKey(await Array.fromAsync(source.sets(setsOf([ABSENT, ...keys.slice(0, 2)]), never)))
    expect(answers.get(keys[0]!)).toMatchObject({ kind: 'found' })
    expect(answers.get(keys[1]!)).toMatchObject({ kind: 'refused', error: { message: expect.any(String) } })
    expect(answers.get(ABSENT)).toEqual({ kind: 'missing', key: ABSENT })
  })

  test('answers by key and sets have numbers of one order (R6)', async () => {
    await using opened = await open(WORLD)
    const { source, keys } = opened
    const before = await source.findOne(LISTINGS, keys[0]!, never)
    const [answer] = await Array.fromAsync(source.sets(setsOf(keys.slice(0, 1)), never))
    const after = await source.findOne(LISTINGS, keys[0]!, never)
    const numbers = [before, answer, after].map((one) => (one?.kind === 'found' ? one.request : 0))
    expect(numbers).toEqual([...new Set(numbers)].toSorted((a, b) => a - b))
  })

  test('sets that nobody reads to their end leave the source usable', async () => {
    await using opened = await open(WORLD)
    const { source, keys } = opened
    for await (const { kind } of source.sets(setsOf(keys.slice(0, 3)), never)) {
      expect(kind).toBe('found')
      break
    }
    expect(await Array.fromAsync(source.sets(setsOf(keys.slice(0, 3)), never))).toHaveLength(3)
  })
}

function abortCases(open: OpenSource): void {
  const reason = new Error('stop')
  const stopped = AbortSignal.abort(reason)

  test('for a signal that has aborted every question rejects with the reason', async () => {
    await using opened = await open({ ...WORLD, walks: [WHOLE], counts: ['answered'] })
    const { source, keys } = opened
    const request = {
      resource: LISTINGS,
      filter: '',
      select: 'everything',
      purpose: 'walk',
      token: '',
    } as const
    for (const ask of [
      () => source.identify('update', stopped),
      () => source.count(LISTINGS, '', 'walk', stopped),
      () => source.findByKeys(LISTINGS, keys, 'keys', 'source', stopped),
      () => source.findOne(LISTINGS, keys[0]!, stopped),
      () => Array.fromAsync(source.sets(setsOf(keys), stopped)),
      () => Array.fromAsync(source.walk(request, stopped)),
    ]) {
      await expect(ask()).rejects.toBe(reason)
    }
  })

  test('a walk ends with the reason when its signal aborts between two pages', async () => {
    await using opened = await open({ ...WORLD, walks: [WHOLE] })
    const stop = new AbortController()
    const request = {
      resource: LISTINGS,
      filter: '',
      select: 'everything',
      purpose: 'walk',
      token: '',
    } as const
    const shown: SourcePage[] = []
    const walking = (async () => {
      for await (const page of opened.source.walk(request, stop.signal)) {
        shown.push(page)
        stop.abort(reason)
      }
    })()
    await expect(walking).rejects.toBe(reason)
    expect(shown).toHaveLength(1)
  })
}
