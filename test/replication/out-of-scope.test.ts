/** Listings that the source has and the filter of the scope does not show any more. */
import { describe, expect, test } from 'vitest'

import { instant } from '../../src/domain/instant.ts'
import { recordKey, type RecordKey } from '../../src/domain/record-key.ts'
import type { ListedResource } from '../../src/domain/resource.ts'
import { WHOLE } from '../../src/domain/scope.ts'
import type { QuestionRange } from '../../src/replication/ports.ts'
import { PLAIN_PASS } from '../../src/replication/feed-runner.ts'
import { runPurge, type PurgeOptions } from '../../src/replication/purge.ts'
import { runRetry, runSnapshot } from '../../src/replication/records-pass.ts'
import { noticeScope } from '../../src/replication/scope-change.ts'
import { LISTINGS } from '../../src/resources/listings.ts'
import { feedIdentity } from '../fixtures/index-entry.ts'
import { feedAfterSnapshot, type MemoryFeed } from '../fixtures/memory-feed.ts'
import { MemoryKeyIndex } from '../fixtures/memory-key-index.ts'
import { keyRecord, SERVER_TIME, sourceRecord, type SourceScript } from '../fixtures/scripted-source.ts'

const { signal } = new AbortController()
const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000

const NARROW: ListedResource = { ...LISTINGS, scope: { ...WHOLE, filter: "MlsId Eq '1'" } }
const numbered = (count: number) => Array.from({ length: count }, (_, i) => String(100 + i))
const all = (keys: readonly string[]) => keys.map((key) => sourceRecord(key))
const live = ({ publisher }: MemoryFeed) => [...publisher.live().keys()].sort()
const purge = ({ feed }: MemoryFeed, options: Partial<PurgeOptions> = {}) =>
  runPurge(feed, NARROW, { ...PLAIN_PASS, ...options }, signal)
const questions = ({ source }: MemoryFeed) =>
  source.asked.flatMap((one) => (one.kind === 'findByKeys' ? [[one.within, ...one.keys]] : []))

interface World {
  /** What the topic holds. */
  readonly known: readonly string[]
  /** What the filter shows. */
  readonly inScope: readonly string[]
  /** What the source has. */
  readonly there: readonly string[]
  readonly script?: SourceScript
}

/** A feed of everything that is narrowed and has not been purged since; `later` is when, after its first snapshot. */
async function narrowed({ known, inScope, there, script = {} }: World, later = HOUR_MS): Promise<MemoryFeed> {
  const records = all(there)
  const shown = records.filter(({ key }) => inScope.includes(key))
  const opened = await feedAfterSnapshot(
    all(known),
    {
      walks: [[{ records: shown }], [{ records: shown.map(({ key }) => keyRecord(key)) }]],
      counts: [0, shown.length],
      records,
      ...script,
    },
    { later },
  )
  opened.source.inScope = ({ key }) => inScope.includes(key)
  await noticeScope(opened.feed, NARROW, signal)
  await runSnapshot(opened.feed, NARROW, signal)
  return opened
}

/** The next purge under the same scope, of a feed of which only `inScope` is shown any more. */
function later(before: MemoryFeed, inScope: readonly string[], there: readonly string[]): MemoryFeed {
  const at = instant(before.clock.now() + 24 * HOUR_MS)
  const opened = before.restart(
    { walks: [[{ records: inScope.map(keyRecord) }]], counts: [inScope.length], records: all(there) },
    { at },
  )
  opened.source.inScope = ({ key }) => inScope.includes(key)
  return opened
}

describe('the proof (R9)', () => {
  test('a key is asked for without the filter, and what the source has, with it; each with a witness', async () => {
    const opened = await narrowed({
      known: ['1', '2', '3', '4'],
      inScope: ['1', '4'],
      there: ['1', '3', '4'],
    })
    expect(await purge(opened)).toMatchObject({
      gone: 1,
      outOfScope: 1,
      progress: { deletes: { emitted: 2 } },
    })
    expect(questions(opened)).toEqual([
      ['source', '2', '3', '4'],
      ['scope', '3', '4'],
    ])
    expect(opened.changes()).toMatchObject([
      { kind: 'deletion', key: '2', reason: 'NOT_IN_SOURCE', evidence: 'LIST_QUERY' },
      {
        kind: 'deletion',
        key: '3',
        reason: 'OUT_OF_SCOPE',
        evidence: 'LIST_QUERY',
        deletedAt: SERVER_TIME + HOUR_MS,
      },
    ])
    expect(live(opened)).toEqual(['1', '4'])
  })

  test('what the filter shows after all is kept', async () => {
    const opened = await narrowed({ known: ['1', '2'], inScope: ['1'], there: ['1', '2'] })
    opened.source.inScope = () => true
    expect(await purge(opened)).toMatchObject({ outOfScope: 0, progress: { deletes: { refuted: 1 } } })
    expect(live(opened)).toEqual(['1', '2'])
  })

  test.each([
    ['refuses', () => 'refused' as const],
    ['does not show the witness', () => []],
    ['shows a key that nobody asked for', () => all(['1', '7'])],
  ])('a list that %s proves nothing: the key stays', async (_, answer) => {
    const findByKeys = (__: readonly RecordKey[], within: QuestionRange) =>
      within === 'scope' ? answer() : undefined
    const opened = await narrowed({
      known: ['1', '2'],
      inScope: ['1'],
      there: ['1', '2'],
      script: { findByKeys },
    })
    expect(await purge(opened)).toMatchObject({ outOfScope: 0, progress: { deletes: { inconclusive: 1 } } })
    expect(live(opened)).toEqual(['1', '2'])
  })

  test('a source that takes no filter by key proves what is gone, and nothing out of scope', async () => {
    const opened = await narrowed({
      known: ['1', '2', '3'],
      inScope: ['1'],
      there: ['1', '2'],
      script: { findByKeys: () => 'refused' },
    })
    await purge(opened)
    expect(live(opened)).toEqual(['1', '2'])
  })

  test('an empty walk has no witness: a filter that shows nothing deletes nothing', async () => {
    const opened = await narrowed({ known: ['1', '2'], inScope: [], there: ['1', '2'] })
    expect((await purge(opened)).verdict.kind).toBe('held')
    const approved = later(opened, [], ['1', '2'])
    expect((await purge(approved, { approveUpTo: 2 })).verdict.kind).toBe('held')
    expect(live(approved)).toEqual(['1', '2'])
  })

  test('without a filter nothing is asked twice', async () => {
    const opened = await feedAfterSnapshot(all(['1', '2']), {
      walks: [[{ records: [keyRecord('1')] }]],
      counts: [1],
      records: all(['1', '2']),
    })
    await runPurge(opened.feed, LISTINGS, PLAIN_PASS, signal)
    expect(questions(opened)).toEqual([['source', '2', '1']])
  })
})

describe('the guard (R10)', () => {
  const known = numbered(300)

  test("does not count the operator's wish, in the first purge under the new scope", async () => {
    const opened = await narrowed({ known, inScope: known.slice(0, 20), there: known })
    expect(await purge(opened)).toMatchObject({ verdict: { kind: 'clear' }, outOfScope: 280 })
    expect(live(opened)).toEqual(known.slice(0, 20))
  })

  test('holds what is gone against the feed as it will be', async () => {
    const inScope = known.slice(0, 20)
    const opened = await narrowed({ known, inScope: inScope.slice(10), there: known.slice(10) })
    expect(await purge(opened)).toMatchObject({
      gone: 10,
      verdict: { kind: 'held', why: "10 deletes are half of the feed's 20 records or more" },
    })
    expect(live(opened)).toEqual(known)
    // The wish is still to be fulfilled, and the approval says nothing else of it.
    const approved = later(opened, inScope.slice(10), known.slice(10))
    await purge(approved, { approveUpTo: 10 })
    const reasons = Map.groupBy(approved.changes(), ({ reason }) => reason)
    expect({
      wished: reasons.get('OUT_OF_SCOPE')?.length,
      approved: reasons.get('OPERATOR')?.length,
    }).toEqual({
      wished: 280,
      approved: 10,
    })
  })

  test('counts what leaves the scope by itself afterwards', async () => {
    const opened = await narrowed({ known, inScope: known.slice(0, 290), there: known })
    expect((await purge(opened)).verdict.kind).toBe('clear')
    const next = later(opened, known.slice(0, 20), known)
    expect(await purge(next)).toMatchObject({ outOfScope: 270, verdict: { kind: 'held' } })
    expect(live(next)).toHaveLength(290)
  })
})

describe('what comes into scope again', () => {
  /** Everything once more, ten minutes after: well within the overlap. */
  async function widened(before: MemoryFeed, rebuilt: boolean): Promise<MemoryFeed> {
    const at = instant(before.clock.now() + 10 * MINUTE_MS)
    const index = rebuilt ? new MemoryKeyIndex() : before.index
    if (rebuilt) await before.publisher.rebuild(index, feedIdentity(), at)
    const opened = before.restart(
      { walks: [[{ records: all(['1', '2', '3']) }]], counts: [3] },
      { at, index },
    )
    opened.source.skipRequests(99)
    await noticeScope(opened.feed, LISTINGS, signal)
    await runSnapshot(opened.feed, LISTINGS, signal)
    return opened
  }

  test.each([false, true])(
    'by the next change of scope is published at once; what was gone is not believed so soon (R9); index rebuilt: %s',
    async (rebuilt) => {
      const opened = await narrowed({ known: ['1', '2', '3'], inScope: ['1'], there: ['1', '2'] })
      await purge(opened)
      const wide = await widened(opened, rebuilt)
      expect(wide.changes()).toMatchObject([{ kind: 'upsert', key: '2', reason: 'RESTORED' }])
    },
  )

  test('after it had left by itself, is not believed before the overlap is over (R9)', async () => {
    const opened = await narrowed({ known: ['1', '2', '3'], inScope: ['1', '2'], there: ['1', '2', '3'] })
    await purge(opened)
    const left = later(opened, ['1'], ['1', '2', '3'])
    await purge(left)
    expect(left.changes()).toMatchObject([{ key: '2', reason: 'OUT_OF_SCOPE' }])
    const wide = await widened(left, false)
    expect(wide.changes()).toMatchObject([{ key: '3', reason: 'RESTORED' }])
  })
})

test('a dead letter is not asked for alone under a filter: nobody would know whether it is in scope', async () => {
  const opened = await narrowed({
    known: ['1', '2'],
    inScope: ['1'],
    there: ['1', '2'],
    script: {
      walks: [[{ records: all(['1']) }], [{ records: [] }]],
      findByKeys: () => 'refused',
    },
  })
  const { letters } = await runRetry(opened.feed, NARROW, 'update', [recordKey('2')], signal)
  expect([...letters]).toEqual([['2', 'not_shown']])
  expect(opened.source.asked.filter(({ kind }) => kind === 'findOne')).toEqual([])
})
