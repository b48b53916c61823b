import { describe, expect, test } from 'vitest'
import { instant } from '../../src/domain/instant.ts'
import { passId, type OutcomeCounts } from '../../src/domain/pass.ts'
import { recordKey } from '../../src/domain/record-key.ts'
import { LISTINGS } from '../../src/resources/listings.ts'
import type { SourceRecord } from '../../src/domain/source-record.ts'
import { CheckpointPace } from '../../src/replication/checkpoint-pace.ts'
import { NO_KEYS, type Sightings } from '../../src/replication/classify-page.ts'
import type { Commitment } from '../../src/replication/commitment.ts'
import type { PageCommitter, PageOutcome } from '../../src/replication/page-committer.ts'
import type { IndexUpdate } from '../../src/replication/ports.ts'
import { begun, total } from '../../src/replication/progress.ts'
import { ListingstreamError } from '../../src/support/errors.ts'
import { MemoryFeed } from '../fixtures/memory-feed.ts'
import { MemoryKeyIndex } from '../fixtures/memory-key-index.ts'
import { MemoryPublisher } from '../fixtures/memory-publisher.ts'
import { SERVER_TIME, sourceRecord } from '../fixtures/scripted-source.ts'
import { changesOf, deadLettersOf, settledLettersOf } from '../fixtures/transaction.ts'

const { signal } = new AbortController()

const progress = begun({
  resource: LISTINGS.name,
  pass: 'update',
  passId: passId('update-1'),
  initial: false,
  startedAt: SERVER_TIME,
  filter: '',
  sweepOffsets: [],
  held: 0,
  heldRecords: 0,
  window: null,
  owedSeconds: [],
  scope: '',
  rescoped: false,
  compare: null,
  reconciledAt: null,
  overlap: null,
})

function seen(records: readonly SourceRecord[], over: Partial<Sightings> = {}): Sightings {
  return {
    records,
    unreadable: [],
    request: 1,
    observedAt: SERVER_TIME,
    askedAgain: false,
    withholding: 'nothing',
    lettered: NO_KEYS,
    ...over,
  }
}

const plain = (): Commitment => ({ progress, watermark: null, markers: [] })

function commit(
  opened: MemoryFeed,
  page: Sightings,
  commitment: Parameters<PageCommitter['commitPage']>[3] = plain,
  by = signal,
) {
  return opened.feed.committer.commitPage(LISTINGS, page, false, commitment, by)
}

/** Deletes a key, as proved by a question after all others. */
function purge({ feed }: MemoryFeed, key: string) {
  const deletion = {
    kind: 'deletion',
    reason: 'NOT_IN_SOURCE',
    evidence: 'LIST_QUERY',
    key: recordKey(key),
    deletedAt: SERVER_TIME,
    absentSince: SERVER_TIME,
    lastModificationTimestamp: null,
    lastSeenAt: null,
    missingSince: null,
    lastFields: {},
    mlsId: null,
    changeStamps: {},
    previousDigest: null,
  } as const
  const proved = () => ({ deletion, request: 99 })
  return feed.committer.commitDeletions(LISTINGS, [recordKey(key)], proved, plain, signal)
}

const entryOf = async ({ index }: MemoryFeed, key: string) =>
  (await index.getMany(LISTINGS.name, [recordKey(key)]))[0]

/** Notes how much is committed whenever it is written, and breaks when told to. */
class WatchedIndex extends MemoryKeyIndex {
  readonly writtenAfter: number[] = []
  broken: Error | undefined
  committed = (): number => 0

  override async apply(update: IndexUpdate): Promise<void> {
    this.writtenAfter.push(this.committed())
    if (this.broken !== undefined) throw this.broken
    await super.apply(update)
  }
}

describe('one transaction a page (R1)', () => {
  test('holds the events and the checkpoint, and the index follows it', async () => {
    const index = new WatchedIndex()
    const opened = new MemoryFeed({}, { index })
    index.committed = () => opened.publisher.transactions.length
    const marker = { event: 'started' as const, progress, detail: null }
    await commit(opened, seen([sourceRecord('1'), sourceRecord('2')]), () => ({
      progress,
      watermark: SERVER_TIME,
      markers: [marker],
    }))
    expect(opened.committed()).toHaveLength(1)
    const [{ request, receipt }] = opened.committed() as [ReturnType<MemoryFeed['committed']>[number]]
    expect(request).toMatchObject({ progress, watermark: SERVER_TIME, markers: [marker] })
    expect(changesOf(request).map(({ key }) => key)).toEqual(['1', '2'])
    expect(index.writtenAfter).toEqual([1])
    expect(await entryOf(opened, '2')).toMatchObject({
      state: 'live',
      request: 1,
      ...receipt.positions[0]?.[1],
    })
    expect(opened.feed.state.watermark(LISTINGS.name)).toBe(SERVER_TIME)
  })

  test('a page that is too much for one is committed in pieces, whose checkpoints stand before it and count what they hold (R11)', async () => {
    const publisher = new MemoryPublisher({ mostEvents: 2 })
    const opened = new MemoryFeed({}, { publisher })
    const records = ['1', '2', '3', '4', '5'].map((key) =>
      sourceRecord(key, key === '5' ? { Poison: 1 } : {}),
    )
    const unreadable = [{ reason: 'no key', body: {} }]
    const marker = { event: 'started' as const, progress, detail: null }
    await commit(opened, { ...seen(records), unreadable }, ({ counts }) => ({
      progress: { ...progress, token: 'next', page: 1, walked: 5, counts },
      watermark: SERVER_TIME,
      markers: [marker],
    }))
    const pieces = opened.committed().map(({ request }) => request)
    const sizes = pieces.map((piece) => changesOf(piece).length + deadLettersOf(piece).length)
    expect(sizes).toEqual([2, 2, 2])
    const checkpoints = pieces.map(({ progress: at }) => [
      at.token,
      at.page,
      at.walked,
      at.counts.published,
      at.counts.dead_lettered,
    ])
    expect(checkpoints).toEqual([
      ['', 0, 0, 2, 0],
      ['', 0, 0, 4, 0],
      ['next', 1, 5, 4, 2],
    ])
    expect(pieces.map(({ watermark, markers }) => [watermark, markers.length])).toEqual([
      [null, 0],
      [null, 0],
      [SERVER_TIME, 1],
    ])
    expect(opened.observer.pages.map(({ counts }) => counts.published + counts.dead_lettered)).toEqual([
      2, 2, 2,
    ])
    expect(await entryOf(opened, '4')).toMatchObject({ state: 'live' })
    expect(await entryOf(opened, '5')).toMatchObject({ state: 'dead_lettered' })
  })

  describe('of a walk', () => {
    const [one, other] = [sourceRecord('1'), sourceRecord('1', { City: 'Elsewhere' })] as const
    const marker = { event: 'started' as const, progress, detail: null }
    const unreadable = [{ reason: 'no key', body: {} }]

    /** A feed that has published a record, in a walk whose next checkpoint is due in a second. */
    async function walking() {
      const opened = new MemoryFeed({})
      const pace = new CheckpointPace()
      const walked = (page: Sightings, over: Partial<Commitment> = {}) =>
        commit(opened, page, ({ counts }) => {
          const next = { ...progress, page: progress.page + 1, counts }
          return { progress: next, watermark: null, markers: [], before: progress, pace, ...over }
        })
      await walked(seen([one]))
      return { opened, pace, walked }
    }

    test('waits where nothing is published, and the index has what was seen', async () => {
      const { opened, walked } = await walking()
      expect(await walked(seen([one], { request: 7 }))).toMatchObject({ page: 1, counts: { unchanged: 1 } })
      expect(opened.committed()).toHaveLength(1)
      expect(await entryOf(opened, '1')).toMatchObject({ request: 7, offset: 0 })
      expect(opened.observer.pages.map(({ counts }) => counts.unchanged)).toEqual([0, 1])
      expect(opened.feed.state.lastPass(LISTINGS.name, 'update')).toMatchObject({ counts: { published: 1 } })
    })

    test.each<[string, Sightings, Partial<Commitment>]>([
      ['an event', seen([other], { request: 2 }), {}],
      ['a dead letter', { ...seen([one]), unreadable }, {}],
      ['a watermark', seen([one]), { watermark: SERVER_TIME }],
      ['a marker', seen([one]), { markers: [marker] }],
    ])('does not wait with %s', async (_, page, over) => {
      const { opened, walked } = await walking()
      await walked(page, over)
      expect(opened.committed()).toHaveLength(2)
    })

    test('does not wait for longer than a second', async () => {
      const { opened, walked } = await walking()
      opened.clock.advance(999)
      await walked(seen([one]))
      expect(opened.committed()).toHaveLength(1)
      opened.clock.advance(1)
      await walked(seen([one]))
      await walked(seen([one]))
      expect(opened.committed()).toHaveLength(2)
    })
  })

  test('a single event that is too slow is told, not tried for ever', async () => {
    const opened = new MemoryFeed({}, { publisher: new MemoryPublisher({ mostEvents: 0 }) })
    await expect(commit(opened, seen([sourceRecord('1'), sourceRecord('2')]))).rejects.toMatchObject({
      code: 'KAFKA_TRANSACTION_TOO_SLOW',
    })
    expect(opened.committed()).toEqual([])
  })

  test('a commit that fails leaves index, checkpoint and watermark as they were', async () => {
    const opened = new MemoryFeed({})
    const outage = new ListingstreamError('no answer', { code: 'KAFKA_UNREACHABLE', retryable: true })
    opened.publisher.failBeforeCommit(0, outage)
    const page = seen([sourceRecord('1')])
    const moving = (): Commitment => ({ progress, watermark: SERVER_TIME, markers: [] })
    await expect(commit(opened, page, moving)).rejects.toBe(outage)
    expect(await entryOf(opened, '1')).toBeUndefined()
    expect(opened.feed.state.watermark(LISTINGS.name)).toBeUndefined()
    expect(opened.feed.state.lastPass(LISTINGS.name, 'update')).toBeUndefined()
    expect(opened.observer.pages).toEqual([])
    await commit(opened, page, moving)
    expect(opened.changes()).toHaveLength(1)
  })

  test('pages given at once are classified one after the other, each against the one before', async () => {
    const opened = new MemoryFeed({})
    const same = sourceRecord('1')
    const outcomes: OutcomeCounts[] = []
    const noting = ({ counts }: Pick<PageOutcome, 'counts'>): Commitment => {
      outcomes.push(counts)
      return plain()
    }
    const { committer } = opened.feed
    await Promise.all([
      committer.commitPage(LISTINGS, seen([same], { request: 1 }), false, noting, signal),
      committer.commitPage(LISTINGS, seen([same], { request: 2 }), false, noting, signal),
    ])
    expect(outcomes.map(({ published, unchanged }) => [published, unchanged])).toEqual([
      [1, 0],
      [0, 1],
    ])
    expect(opened.changes()).toHaveLength(1)
  })

  test('once the index has missed a commit, nothing more is classified against it', async () => {
    const index = new WatchedIndex()
    const opened = new MemoryFeed({}, { index })
    index.broken = new Error('disk full')
    const behind = { code: 'INDEX_BEHIND', cause: index.broken }
    await expect(commit(opened, seen([sourceRecord('1')]))).rejects.toMatchObject(behind)
    index.broken = undefined
    await expect(commit(opened, seen([sourceRecord('1')]))).rejects.toMatchObject(behind)
    expect(opened.changes()).toHaveLength(1)
  })

  test('nothing is committed for a signal that has aborted', async () => {
    const opened = new MemoryFeed({})
    const stop = new Error('stop')
    await expect(commit(opened, seen([sourceRecord('1')]), plain, AbortSignal.abort(stop))).rejects.toBe(stop)
    expect(opened.committed()).toEqual([])
  })
})

describe('the outcomes of a page', () => {
  test('of a key twice on a page the last row counts, the others are stale (R6)', async () => {
    const opened = new MemoryFeed({})
    const rows = [sourceRecord('1', { City: 'Fargo' }), sourceRecord('1', { City: 'Moorhead' })]
    await commit(opened, seen(rows))
    expect(opened.observer.pages[0]?.counts).toMatchObject({ published: 1, stale: 1 })
    const fields = JSON.parse(
      Buffer.from(opened.publisher.live().get(rows[0]!.key)!.content.bytes).toString(),
    )
    expect(fields.StandardFields.City).toBe('Moorhead')
  })

  test('every row read has exactly one (R11)', async () => {
    const opened = new MemoryFeed({})
    await commit(opened, seen([sourceRecord('same'), sourceRecord('late')], { request: 5 }))
    const rows = [
      sourceRecord('same'),
      sourceRecord('new'),
      sourceRecord('new'),
      sourceRecord('bad', { Poison: 1 }),
    ]
    const unreadable = [{ reason: 'no key', body: { StandardFields: {} } }]
    await commit(opened, seen(rows, { request: 6, unreadable }))
    const counts = opened.observer.pages[1]!.counts
    expect(counts).toEqual({ published: 1, unchanged: 1, stale: 1, dead_lettered: 2 })
    expect(total(counts)).toBe(rows.length + unreadable.length)
    await commit(opened, seen([sourceRecord('late', { City: 'Fargo' })], { request: 4 }))
    expect(opened.observer.pages[2]?.counts).toEqual({
      published: 0,
      unchanged: 0,
      stale: 1,
      dead_lettered: 0,
    })
  })

  test('what cannot be published goes whole to the dead letters, once (R12)', async () => {
    const opened = new MemoryFeed({})
    const bad = sourceRecord('bad', { Poison: 1 })
    const row = { reason: 'no key', body: { StandardFields: { City: 'Fargo' } } }
    await commit(opened, seen([bad], { unreadable: [row] }))
    await commit(opened, seen([bad], { request: 2 }))
    expect(opened.committed().map(({ request }) => deadLettersOf(request))).toEqual([
      [
        { key: null, ...row },
        { key: 'bad', reason: 'it is poison', body: bad.body },
      ],
      [],
    ])
    expect(await entryOf(opened, 'bad')).toMatchObject({ state: 'dead_lettered', offset: -1, request: 2 })
  })

  test('a dead letter goes with what ends it: other content, the content of before, or a delete (R5, R12)', async () => {
    const opened = new MemoryFeed({})
    const keys = ['back', 'new', 'gone', 'bad']
    await commit(opened, seen(keys.map((key) => sourceRecord(key, { City: 'Fargo' }))))
    const [before, other] = [await entryOf(opened, 'back'), await entryOf(opened, 'new')]
    const bad = keys.map((key) => sourceRecord(key, { Poison: 1 }))
    await commit(opened, seen(bad, { request: 2 }))
    const after = [
      sourceRecord('back', { City: 'Fargo' }),
      sourceRecord('new', { City: 'Bismarck' }),
      sourceRecord('bad', { Poison: 1 }),
    ]
    await commit(opened, seen(after, { request: 3 }))
    await purge(opened, 'gone')

    const settled = opened.committed().map(({ request }) => settledLettersOf(request))
    expect(settled).toEqual([[], [], ['back', 'new'], ['gone']])
    expect(changesOf(opened.committed()[2]!.request)).toMatchObject([
      { key: 'new', reason: 'UPDATED', previousDigest: other?.digest },
    ])
    expect(await entryOf(opened, 'back')).toEqual({ ...before, request: 3 })
    expect(await entryOf(opened, 'gone')).not.toHaveProperty('publishedDigest')
  })

  test('a key that was never published is deleted without an event, and its letter goes (R12)', async () => {
    const opened = new MemoryFeed({})
    await commit(opened, seen([sourceRecord('bad', { Poison: 1 })]))
    await purge(opened, 'bad')
    expect(opened.changes()).toEqual([])
    expect(settledLettersOf(opened.committed().at(-1)!.request)).toEqual(['bad'])
    expect(await entryOf(opened, 'bad')).toMatchObject({ state: 'deleted', offset: -1 })
  })

  test('a letter that a rebuilt index does not know of goes when its key is asked for (R12)', async () => {
    const opened = new MemoryFeed({})
    const fine = sourceRecord('fine', { City: 'Fargo' })
    const bad = sourceRecord('bad', { Poison: 1 })
    await commit(opened, seen([fine]))
    const lettered = new Set([fine.key, bad.key])
    await commit(opened, seen([fine, bad], { request: 2, lettered }))
    expect(opened.committed().map(({ request }) => settledLettersOf(request))).toEqual([[], ['fine']])
  })
})

test('a watermark never goes back (R4)', async () => {
  const opened = new MemoryFeed({})
  const { committer } = opened.feed
  for (const minutes of [0, 5, 3, 5]) {
    const watermark = instant(SERVER_TIME + minutes * 60_000)
    await committer.commitProgress(LISTINGS, { progress, watermark, markers: [] }, signal)
  }
  const moved = [SERVER_TIME, SERVER_TIME + 300_000]
  expect(opened.committed().map(({ request }) => request.watermark)).toEqual([...moved, null, null])
  expect(opened.observer.watermarks).toEqual(moved)
  expect(opened.feed.state.watermark(LISTINGS.name)).toBe(moved[1])
})

describe('deletions', () => {
  const deletedAt = instant(SERVER_TIME + 60_000)
  const proof = {
    reason: 'NOT_IN_SOURCE',
    evidence: 'LIST_QUERY',
    deletedAt,
    absentSince: deletedAt,
    lastSeenAt: null,
    missingSince: null,
    lastFields: {},
  } as const

  test('are chosen by the entries as they are in the queue; the others count as refuted (R9 c)', async () => {
    const opened = new MemoryFeed({})
    await commit(opened, seen([sourceRecord('1'), sourceRecord('2')]))
    const fates: [number, number][] = []
    const update = commit(opened, seen([sourceRecord('2', { City: 'Fargo' })], { request: 9 }))
    const deletes = opened.feed.committer.commitDeletions(
      LISTINGS,
      ['1', '2', 'nobody'].map(recordKey),
      (key, { modificationTimestamp, mlsId, changeStamps, digest, request }) => {
        if (request > 5) return undefined
        const known = { lastModificationTimestamp: modificationTimestamp, mlsId, changeStamps }
        return { deletion: { kind: 'deletion', key, ...known, ...proof, previousDigest: digest }, request: 5 }
      },
      (...counts) => {
        fates.push(counts)
        return plain()
      },
      signal,
    )
    await Promise.all([update, deletes])
    expect(fates).toEqual([[1, 2]])
    expect([...opened.publisher.live().keys()]).toEqual(['2'])
    const tombstone = opened.committed()[2]?.receipt.positions[0]?.[0]
    expect(await entryOf(opened, '1')).toMatchObject({
      state: 'deleted',
      observedAt: deletedAt,
      request: 5,
      ...tombstone,
    })
  })

  test('are forgotten only while they still stand (R9)', async () => {
    const opened = new MemoryFeed({})
    await commit(opened, seen([sourceRecord('1'), sourceRecord('2')]))
    const live = await entryOf(opened, '1')
    const deleted = { ...live!, state: 'deleted' as const }
    const puts = new Map([[recordKey('2'), deleted]])
    const parts = [{ resource: LISTINGS.name, puts, drops: [] }]
    await opened.index.apply({ parts, nextOffsets: undefined, at: SERVER_TIME })
    const remembered = ['1', '2'].map((key) => [recordKey(key), deleted] as const)
    await opened.feed.committer.forget(LISTINGS, remembered, signal)
    expect(await entryOf(opened, '1')).toEqual(live)
    expect(await entryOf(opened, '2')).toBeUndefined()
    expect(opened.committed()).toHaveLength(1)
  })
})
