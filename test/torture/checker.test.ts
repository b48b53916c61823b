import { describe, expect, test } from 'vitest'

import { checkFeed, type CheckedFeed } from './checker.ts'
import {
  COLUMNS,
  recordsOf,
  type Column,
  type FeedRecord,
  type Guarded,
  type IndexedKey,
  type Interval,
} from './findings.ts'
import { FeedScript, PHOTOS } from './feed-script.ts'
import { LISTS, type JudgedResource } from './judged-resources.ts'
import { SetDigester } from '../../src/support/set-digest.ts'

const [LISTINGS] = LISTS

function columns(feed: CheckedFeed): readonly Column[] {
  return [...new Set(checkFeed(feed).map(({ column }) => column))]
}

/** A feed as it should be: a snapshot, a change, a delete with its tombstone, a restored listing, and photos of some. */
function goodFeed(): FeedScript {
  const feed = new FeedScript()
  feed.owner('first')
  feed.transaction({ upserts: ['a', 'b', 'c'] })
  feed.photos('a', 'c')
  feed.transaction({ upserts: ['a'] })
  feed.photos('a')
  feed.transaction({ deletes: ['b'] })
  feed.transaction({ upserts: ['b'] })
  feed.owner('second')
  feed.transaction({ deletes: ['c'] })
  return feed
}

const replaced = <T>(items: readonly T[], index: number, ...others: readonly T[]): readonly T[] =>
  items.toSpliced(index, 1, ...others)

const listingsOf = ({ dump }: CheckedFeed): readonly FeedRecord[] => recordsOf(dump, LISTINGS)

function withRecords(
  feed: CheckedFeed,
  records: readonly FeedRecord[],
  { name }: JudgedResource = LISTINGS,
): CheckedFeed {
  const data = new Map([...feed.dump.data, [name, { records, partitions: 1 }] as const])
  return { ...feed, dump: { ...feed.dump, data } }
}

/** The source shows something else of listings or sets. */
function withShown(
  feed: CheckedFeed,
  change: (shown: Map<string, Readonly<Record<string, unknown>>>) => unknown,
  { name }: JudgedResource = LISTINGS,
): CheckedFeed {
  const shown = new Map(feed.truth.shown.get(name))
  change(shown)
  return { ...feed, truth: { ...feed.truth, shown: new Map([...feed.truth.shown, [name, shown] as const]) } }
}

const indexOf = (records: readonly FeedRecord[], name: string | undefined): number =>
  records.findIndex(({ value }) => value?.name === name)

/** For each column a feed that is broken in just this way. */
const BROKEN: Readonly<Record<Exclude<Column, 'unsettled'>, readonly (() => CheckedFeed)[]>> = {
  lost: [
    () => withShown(goodFeed().checked(), (shown) => shown.set('d', { ListPrice: 1 })),
    () => withShown(goodFeed().checked(), (shown) => shown.set('a', { ListPrice: 7 })),
    () => {
      const feed = withShown(goodFeed().checked(), (shown) => shown.set('d', { ListPrice: 1 }))
      return { ...feed, truth: { ...feed.truth, unreadable: new Set(['d']), hadUnreadable: true } }
    },
  ],
  duplicated: [
    () => {
      const feed = goodFeed()
      feed.transaction({ upserts: ['a'], sameContent: true })
      return feed.checked()
    },
    () => {
      const feed = goodFeed().checked()
      const [first, second] = listingsOf(feed)
      const copied = { ...second!, headers: { ...second!.headers, ce_id: first!.headers['ce_id']! } }
      return withRecords(feed, replaced(listingsOf(feed), 1, copied))
    },
    () => {
      const feed = goodFeed()
      feed.transaction({ upserts: ['a'], sameContent: true, digest: 'of what was asked for in another way' })
      return feed.checked()
    },
    () => {
      const feed = goodFeed().checked()
      const marker = { passId: 'pass', event: 'COMPLETED' }
      const control = [0, 2].map((offset) => feedRecord('pass', offset, 'PassMarker', marker))
      return { ...feed, dump: { ...feed.dump, control } }
    },
  ],
  'out of order': [
    () => {
      const feed = goodFeed()
      feed.transaction({ upserts: ['a'], stampBack: true })
      return feed.checked()
    },
    () => {
      const feed = goodFeed()
      feed.transaction({ upserts: ['a'], stampBack: true })
      return setBack(feed.checked(), 'a', [2])
    },
    () => {
      const feed = goodFeed()
      feed.transaction({ upserts: ['a'], stampBack: true })
      feed.transaction({ upserts: ['a'] })
      feed.transaction({ upserts: ['a'], stampBack: true })
      return setBack(feed.checked(), 'a', [1])
    },
    () => {
      const feed = goodFeed().checked()
      const at = indexOf(listingsOf(feed), 'ListingUpserted')
      const record = listingsOf(feed)[at]!
      const value = { ...record.value!, body: { ...record.value!.body, change: 'RESTORED' } }
      return withRecords(feed, replaced(listingsOf(feed), at, { ...record, value }))
    },
  ],
  'torn transaction': [
    () => {
      const feed = goodFeed().checked()
      return withRecords(feed, listingsOf(feed).toSpliced(1, 1))
    },
    () => {
      const feed = goodFeed().checked()
      return withRecords(feed, listingsOf(feed).toSpliced(indexOf(listingsOf(feed), undefined), 1))
    },
    () => {
      const feed = goodFeed().checked()
      return { ...feed, dump: { ...feed.dump, checkpoints: feed.dump.checkpoints.slice(0, -1) } }
    },
    () => withCheckpoint((body) => ({ ...body, walked: 99 })),
  ],
  'false delete': [
    () => withHidden(new Map()),
    () => withHidden(new Map([['c', [{ from: 0, to: 1 }]]])),
    () => {
      const feed = goodFeed().checked()
      const sets = recordsOf(feed.dump, PHOTOS)
      const gone = { ...sets.findLast(({ key }) => key === 'a')!, value: null }
      return withRecords(
        feed,
        replaced(
          sets,
          sets.findLastIndex(({ key }) => key === 'a'),
          gone,
        ),
        PHOTOS,
      )
    },
  ],
  'missing delete': [() => withShown(goodFeed().checked(), (shown) => shown.delete('a'))],
  'wrong set': [
    () => withShown(goodFeed().checked(), (sets) => sets.set('a', { Photos: [] }), PHOTOS),
    () =>
      withShown(
        goodFeed().checked(),
        (sets) => sets.set('a', { Photos: [{ Id: 'a', Caption: '?' }] }),
        PHOTOS,
      ),
    () => withShown(goodFeed().checked(), (sets) => sets.set('b', { Photos: [{ Id: 'b' }] }), PHOTOS),
    () => {
      const feed = goodFeed()
      feed.photos('c')
      return feed.checked()
    },
  ],
  'orphaned set': [
    () => {
      const feed = goodFeed()
      feed.transaction({ deletes: ['a'], leavesSets: true })
      return feed.checked()
    },
    () => {
      const feed = goodFeed()
      feed.recreateTopic()
      feed.transaction({ upserts: ['b'], again: true })
      return feed.checked()
    },
  ],
  'wrong header': [
    () => withMark('ListingDeleted', undefined),
    () => withMark('ListingUpserted', 'true'),
    () => withMark(undefined, 'true'),
  ],
  'wrong row': [
    () => withRows((rows) => rows.slice(0, -1)),
    () => withRows((rows) => rows.toSpliced(1, 1)),
    () => withRows((rows) => rows.map((row) => ({ ...row, value: null }))),
    () => withRows((rows) => rows.map((row) => withColumn(row, 'ListPrice', 7))),
    () => withRows((rows) => rows.map((row) => withColumn(row, 'ListingKey', 'z'))),
    () => withRows((rows) => rows.map((row) => withColumn(row, 'MaskedFields', '["City"]'))),
    () => {
      const feed = withRows((rows) => rows.slice(0, -1))
      return { ...feed, recreatedRows: LISTINGS.name }
    },
  ],
  'dead letter': [() => withLetter('a'), () => withLetter('')],
  'index differs': [
    () => withIndex((index) => index.delete('a')),
    () => withIndex((index) => index.delete('c')),
    () => ({ ...withIndex((index) => index.delete('a')), forgetsDeletes: true }),
    () => withIndex((index) => index.set('z', index.get('a')!)),
    () => withIndex((index) => index.set('z', { ...index.get('a')!, state: 2 })),
    () => withIndex((index) => index.set('a', { ...index.get('a')!, state: 2 })),
    () => lettered(withIndex((index) => index.set('a', { ...index.get('a')!, state: 2, offset: 99 }))),
    ...(['state', 'digest', 'schemaId', 'partition', 'offset'] as const).map(
      (field) => () =>
        withIndex((index) =>
          index.set('a', { ...index.get('a')!, [field]: field === 'digest' ? 'f'.repeat(32) : 99 }),
        ),
    ),
  ],
  'checkpoint regression': [
    () => withCheckpoint((body) => ({ ...body, seq: 1 })),
    () => withCheckpoint((body) => ({ ...body, generation: 0 })),
    () => withCheckpoint((body) => ({ ...body, counts: { published: 1 }, walked: 1 })),
    () => {
      const feed = goodFeed().checked()
      const watermarks = [2_000, 1_000].map((watermark, i) =>
        feedRecord('listings/watermark', 100 + i, 'Watermark', {
          generation: 1,
          watermark,
          instanceId: 'second',
        }),
      )
      return { ...feed, dump: { ...feed.dump, checkpoints: [...feed.dump.checkpoints, ...watermarks] } }
    },
    () => withWatermark(3_600_000),
  ],
  'wrong certificate': [
    () => withCertificate((body) => ({ ...body, keys: 3 })),
    () => withCertificate((body) => ({ ...body, endOffsets: [5] })),
    () => withCertificate((body) => ({ ...body, root: 'f'.repeat(64) })),
    () =>
      withCertificate((body) => ({ ...body, buckets: (body['buckets'] as readonly string[]).toReversed() })),
    () => withCertificate((body) => ({ ...body, resource: 'accounts' })),
    () => {
      const feed = withPurge({})
      return { ...feed, dump: { ...feed.dump, control: [] } }
    },
  ],
  unapproved: [
    () => guarded(withPurge({}), { hardMax: 0 }),
    () => guarded(withPurge({ state: 'HELD' }), {}),
    () => approved(withPurge({ decidesOn: 'hold' }), ['c'], 0),
    () => approved(withPurge({ decidesOn: 'hold' }), ['b'], 1),
    () => guarded(withPurge({ decidesOn: 'hold' }), {}),
    () => masked(goodFeed().checked(), { maskedUntil: 1 }),
  ],
  'fenced writer': [() => withCheckpoint((body) => ({ ...body, instanceId: 'first' }))],
}

/** The last transaction, which deletes `c`, is of a sweep. */
function withPurge(checkpoint: object): CheckedFeed {
  const feed = withCheckpoint((body) => ({ ...body, pass: 'PURGE', ...checkpoint }))
  const sets = [LISTINGS, PHOTOS].map((resource) => certificateOf(feed, resource))
  return { ...feed, dump: { ...feed.dump, control: sets } }
}

function certificateOf({ dump }: CheckedFeed, resource: JudgedResource): FeedRecord {
  const records = recordsOf(dump, resource)
  const last = new Map(records.map((record) => [record.key, record]))
  const digester = new SetDigester()
  for (const [key, { value, headers }] of [...last].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (value?.name === resource.upserted) digester.add(key, Buffer.from(headers['digest'] ?? '', 'hex'))
  }
  const body = { resource: resource.name, passId: `pass of ${LISTINGS.name}`, generation: 1 }
  const endOffsets = [(records.at(-1)?.offset ?? 0) + 1]
  return feedRecord(body.passId, 0, 'SweepCertificate', { ...body, endOffsets, ...digester.end() })
}

function withCertificate(
  change: (body: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>,
): CheckedFeed {
  const feed = withPurge({})
  const [first, ...others] = feed.dump.control
  const changed = { ...first!, value: { ...first!.value!, body: change(first!.value!.body) } }
  return { ...feed, dump: { ...feed.dump, control: [changed, ...others] } }
}

function guarded(feed: CheckedFeed, change: Partial<Guarded>): CheckedFeed {
  return { ...feed, truth: { ...feed.truth, guarded: { ...feed.truth.guarded, ...change } } }
}

/** With a hold of these keys, of which so many may go. */
function approved(feed: CheckedFeed, keys: readonly string[], upTo: number): CheckedFeed {
  const body = { passId: 'hold', keys: keys.map((key) => ({ key })) }
  const holds = [feedRecord('listings/hold/0', 0, 'HeldKeys', body)]
  const dump = { ...feed.dump, holds }
  return guarded({ ...feed, dump }, { approved: new Map([['hold', upTo]]) })
}

/** The last event of `a` shows a mask. */
function masked(feed: CheckedFeed, change: Partial<Guarded>): CheckedFeed {
  const at = listingsOf(feed).findLastIndex(({ key }) => key === 'a')
  const record = listingsOf(feed)[at]!
  const { listing } = record.value!.body as { readonly listing: object }
  const body = { ...record.value!.body, listing: { ...listing, maskedFields: ['City'] } }
  const shown = withRecords(
    feed,
    replaced(listingsOf(feed), at, { ...record, value: { ...record.value!, body } }),
  )
  return guarded(shown, { masked: new Map([['City', new Set(['a'])]]), ...change })
}

function withRows(change: (rows: readonly FeedRecord[]) => readonly FeedRecord[]): CheckedFeed {
  const feed = goodFeed().checked()
  const records = change(feed.dump.rows.get(LISTINGS.name)?.records ?? [])
  return { ...feed, dump: { ...feed.dump, rows: new Map([[LISTINGS.name, { records, partitions: 1 }]]) } }
}

function withColumn(row: FeedRecord, name: string, value: unknown): FeedRecord {
  if (row.value === null) return row
  return { ...row, value: { ...row.value, body: { ...row.value.body, [name]: value } } }
}

/** The first of these records says in its header that it is a delete, or does not. */
function withMark(name: string | undefined, mark: string | undefined): CheckedFeed {
  const feed = goodFeed().checked()
  const at = indexOf(listingsOf(feed), name)
  const record = listingsOf(feed)[at]!
  const others = Object.entries(record.headers).filter(([header]) => header !== 'deleted')
  const headers = Object.fromEntries(mark === undefined ? others : [...others, ['deleted', mark]])
  const marked = { ...record, headers }
  return withRecords(feed, replaced(listingsOf(feed), at, marked))
}

function withHidden(ofListings: ReadonlyMap<string, readonly Interval[]>): CheckedFeed {
  const feed = goodFeed().checked()
  const hidden = new Map([...feed.truth.hidden, [LISTINGS.name, ofListings] as const])
  return { ...feed, truth: { ...feed.truth, hidden } }
}

function feedRecord(key: string, offset: number, name: string, body: object): FeedRecord {
  const value = { name, body: { ...body }, shapes: new Map<string, never>(), schemaId: 9 }
  return { partition: 0, offset, timestamp: 0, key, headers: {}, value }
}

/** At the host's time 0, when the source's clock shows the same. */
function withWatermark(watermark: number): CheckedFeed {
  const feed = goodFeed().checked()
  const body = { generation: 1, watermark, instanceId: 'second' }
  const record = feedRecord('listings/watermark', 100, 'Watermark', body)
  return { ...feed, dump: { ...feed.dump, checkpoints: [...feed.dump.checkpoints, record] } }
}

function setBack(feed: CheckedFeed, key: string, stamps: readonly number[]): CheckedFeed {
  return { ...feed, truth: { ...feed.truth, stampsBack: new Map([[key, stamps]]) } }
}

/** With a letter for a key that nobody can read. */
function lettered(feed: CheckedFeed, key = 'a'): CheckedFeed {
  const truth = { ...feed.truth, unreadable: new Set([key]), hadUnreadable: true }
  return { ...feed, truth, dump: { ...feed.dump, letters: [{ topic: LISTINGS.name, key, reason: 'NaN' }] } }
}

function withLetter(key: string): CheckedFeed {
  const feed = goodFeed().checked()
  return { ...feed, dump: { ...feed.dump, letters: [{ topic: LISTINGS.name, key, reason: 'too long' }] } }
}

function withIndex(change: (index: Map<string, IndexedKey>) => unknown): CheckedFeed {
  const feed = goodFeed().checked()
  const index = new Map(feed.index?.get(LISTINGS.name))
  change(index)
  return { ...feed, index: new Map([...(feed.index ?? []), [LISTINGS.name, index] as const]) }
}

/** The last checkpoint, changed. */
function withCheckpoint(change: (body: Readonly<Record<string, unknown>>) => object): CheckedFeed {
  const feed = goodFeed().checked()
  const { checkpoints } = feed.dump
  const last = checkpoints.at(-1)!
  const value = { ...last.value!, body: { ...change(last.value!.body) } }
  return { ...feed, dump: { ...feed.dump, checkpoints: [...checkpoints.slice(0, -1), { ...last, value }] } }
}

describe('the checker of the fault bench', () => {
  test('finds nothing in a feed that is as it should be', () => {
    expect(checkFeed(goodFeed().checked())).toEqual([])
  })

  test('has a broken feed for every column that it fills itself', () => {
    expect([...Object.keys(BROKEN), 'unsettled'].sort()).toEqual([...COLUMNS].sort())
  })

  const cases = Object.entries(BROKEN).flatMap(([column, feeds]) =>
    feeds.map((feed, i) => ({ column, number: i + 1, feed })),
  )
  test.each(cases)('catches: $column ($number)', ({ column, feed }) => {
    expect(columns(feed())).toContain(column)
  })

  test('lets a sweep delete what the guard lets through, and an approval what was approved (R10)', () => {
    expect(checkFeed(guarded(withPurge({}), { hardMax: 1 }))).toEqual([])
    expect(checkFeed(guarded(withPurge({}), { hardMax: 0, liftedAt: 0 }))).toEqual([])
    expect(checkFeed(approved(withPurge({ decidesOn: 'hold' }), ['c'], 1))).toEqual([])
  })

  test('lets masks be published once that is approved (R10)', () => {
    expect(columns(masked(goodFeed().checked(), { maskedUntil: 0 }))).not.toContain('unapproved')
  })

  test('follows rows that were turned off and on again: they go on where they were, and are filled', () => {
    const feed = goodFeed()
    feed.keepRows(false)
    feed.transaction({ upserts: ['d'] })
    feed.transaction({ deletes: ['a'] })
    expect(checkFeed(feed.checked())).toEqual([])
    feed.keepRows(true)
    feed.transaction({ upserts: ['d'] })
    expect(checkFeed(feed.checked())).toEqual([])
  })

  test('does not look into what was deleted with a topic that was made anew', () => {
    const feed = goodFeed()
    feed.recreateTopic()
    feed.transaction({ upserts: ['a', 'b'], again: true })
    expect(checkFeed(feed.checked())).toEqual([])
  })

  test('lets an index forget what was deleted longer ago than its topic remembers it (R9)', () => {
    expect(checkFeed({ ...withIndex((index) => index.delete('c')), forgetsDeletes: true })).toEqual([])
  })

  test('lets a stamp go back as often as the source set it back (R6)', () => {
    const feed = goodFeed()
    feed.transaction({ upserts: ['a'], stampBack: true })
    feed.transaction({ upserts: ['a'] })
    feed.transaction({ upserts: ['a'], stampBack: true })
    expect(checkFeed(setBack(feed.checked(), 'a', [1, 1]))).toEqual([])
  })

  test('does not ask for the order of a stamp that nobody can read', () => {
    const feed = goodFeed()
    feed.transaction({ upserts: ['a'], stampBack: 'unreadable' })
    feed.transaction({ upserts: ['a'] })
    expect(checkFeed(feed.checked())).toEqual([])
  })

  test.each(['d', ''])(
    'takes a dead letter under the key %j for a listing that nobody can read (R12)',
    (key) => {
      const feed = withShown(withLetter(key), (shown) => shown.set('d', { ListPrice: 1 }))
      const truth = { ...feed.truth, unreadable: new Set(['d']), hadUnreadable: true }
      expect(checkFeed({ ...feed, truth })).toEqual([])
    },
  )

  test('lets a watermark be ahead by the tolerance (R4)', () => {
    expect(checkFeed(withWatermark(4_000))).toEqual([])
    const feed = withWatermark(60_000)
    expect(checkFeed({ ...feed, truth: { ...feed.truth, clockToleranceMs: 60_000 } })).toEqual([])
    expect(columns(feed)).toContain('checkpoint regression')
  })

  test.each([
    ['the letter', 2],
    ['what was published, when it was rebuilt', 0],
  ])('lets the index know of %s where a letter waits (R12)', (_what, state) => {
    const known = withIndex((index) => {
      const entry = index.get('a')!
      index.set('a', state === 2 ? { ...entry, state, digest: 'f'.repeat(32) } : entry)
    })
    expect(checkFeed(lettered(known))).toEqual([])
  })

  test('lets the index know a key that has nothing but a letter', () => {
    const known = withIndex((index) =>
      index.set('z', { ...index.get('a')!, state: 2, partition: -1, offset: -1 }),
    )
    expect(checkFeed(lettered(known, 'z'))).toEqual([])
  })
})
