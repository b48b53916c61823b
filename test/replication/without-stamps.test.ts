/** Passes over a resource whose records do not say when they changed. */
import { describe, expect, test } from 'vitest'
import type { SourceRecord } from '../../src/domain/source-record.ts'
import { PLAIN_PASS } from '../../src/replication/feed-runner.ts'
import { runPurge } from '../../src/replication/purge.ts'
import { recordKey } from '../../src/domain/record-key.ts'
import { runRetry, runSnapshot, runUpdate } from '../../src/replication/records-pass.ts'
import { MemoryFeed } from '../fixtures/memory-feed.ts'
import { TOURS } from '../fixtures/resources.ts'
import { settledLettersOf } from '../fixtures/transaction.ts'
import { keyRow, sourceRecord, type SourceScript } from '../fixtures/scripted-source.ts'

const { signal } = new AbortController()

function tour(key: string, fields: Readonly<Record<string, string>> = {}): SourceRecord {
  const body = { Id: key, StandardFields: { TourKey: key, ...fields } }
  return { ...sourceRecord(key), modificationTimestamp: null, changeStamps: {}, body }
}

const rows = (...keys: string[]) => keys.map((key) => tour(key))
const snapshot = ({ feed }: MemoryFeed) => runSnapshot(feed, TOURS, signal)
const purge = ({ feed }: MemoryFeed) => runPurge(feed, TOURS, PLAIN_PASS, signal)
const keysOf = (opened: MemoryFeed) => opened.changes().map(({ key }) => key)
const counted = ({ source }: MemoryFeed) => source.asked.filter(({ kind }) => kind === 'count')

/** A feed whose first snapshot showed these. */
async function feedOf(records: readonly SourceRecord[], script: SourceScript): Promise<MemoryFeed> {
  const first = new MemoryFeed({ walks: [[{ records }]], counts: [records.length] })
  await snapshot(first)
  const next = first.restart(script)
  next.source.skipRequests(first.index.state()?.request ?? 1)
  return next
}

describe('a snapshot of a resource without stamps', () => {
  test('sets no watermark: there is no update that could go by one (R4)', async () => {
    const opened = new MemoryFeed({ walks: [[{ records: rows('1', '2') }]], counts: [2] })
    expect(await snapshot(opened)).toMatchObject({ state: 'completed', initial: true })
    expect(opened.committed().every(({ request }) => request.watermark === null)).toBe(true)
    expect(opened.feed.state.hasSnapshot(TOURS.name)).toBe(true)
  })

  test('publishes what is new or has other content when it comes again, and nothing else (R5)', async () => {
    const records = [tour('1'), tour('2', { City: 'Fargo' }), tour('3')]
    const opened = await feedOf(rows('1', '2'), { walks: [[{ records }]], counts: [3] })
    const { counts } = await snapshot(opened)
    expect(counts).toMatchObject({ published: 2, unchanged: 1, stale: 0 })
    expect(opened.changes()).toMatchObject([
      { key: '2', reason: 'UPDATED', modificationTimestamp: null },
      { key: '3', reason: 'CREATED', modificationTimestamp: null },
    ])
  })

  test('is complete by the plain count, less one in a thousand (R7)', async () => {
    const opened = new MemoryFeed({ walks: [[{ records: rows('1', '2') }]], counts: [2] })
    expect(await snapshot(opened)).toMatchObject({ walked: 2, walkedInRange: 2 })
    expect(counted(opened)).toEqual([{ kind: 'count', filter: '', purpose: 'walk' }])

    const many = rows(...Array.from({ length: 999 }, (_, i) => String(i)))
    const some = new MemoryFeed({ walks: [[{ records: many }]], counts: [1_000] })
    expect(await snapshot(some)).toMatchObject({ state: 'completed' })
    const short = new MemoryFeed({ walks: [[{ records: many }]], counts: [1_001] })
    await expect(snapshot(short)).rejects.toMatchObject({ code: 'PASS_INCOMPLETE' })
  })
})

describe('a purge of a resource without stamps', () => {
  test('deletes what is gone, and reads nothing again for want of a stamp (R9)', async () => {
    const walks = [[{ records: rows('1', '3').map(keyRow) }]]
    const opened = await feedOf(rows('1', '2', '3'), { walks, counts: [2], records: rows('1', '3') })
    const { gone, missed, progress } = await purge(opened)
    expect({ gone, missed }).toEqual({ gone: 1, missed: 0 })
    expect(progress.deletes).toMatchObject({ emitted: 1 })
    expect(opened.changes()).toMatchObject([{ kind: 'deletion', key: '2', evidence: 'LIST_QUERY' }])
    const questions = opened.source.asked.filter(({ kind }) => kind === 'findByKeys')
    expect(questions).toMatchObject([{ keys: ['2', '3'], select: 'keys' }])
  })

  test('asks for no more keys at once than an answer can show (R9 b)', async () => {
    const known = Array.from({ length: 40 }, (_, i) => `k${String(i).padStart(2, '0')}`)
    const walks = [[{ records: rows('k00').map(keyRow) }]]
    const opened = await feedOf(rows(...known), { walks, counts: [1], records: rows('k00') })
    await purge(opened)
    const questions = opened.source.asked.flatMap((asked) =>
      asked.kind === 'findByKeys' ? [asked.keys.length] : [],
    )
    expect(TOURS.maxLimit).toBe(25)
    expect(questions).toEqual([25, 16])
  })

  test('publishes what no full walk has shown yet', async () => {
    const walks = [[{ records: rows('1', 'new').map(keyRow) }]]
    const opened = await feedOf(rows('1'), { walks, counts: [2], records: rows('1', 'new') })
    expect(await purge(opened)).toMatchObject({ missed: 1, gone: 0 })
    expect(keysOf(opened)).toEqual(['new'])
  })
})

test('dead letters of a resource without stamps are retried by a full walk, which asks for their keys at its end (R12)', async () => {
  const poisoned = tour('1', { Poison: 'yes' })
  const walk = [{ records: [tour('2')] }]
  const opened = await feedOf([poisoned, tour('2')], { walks: [walk], counts: [1], records: [tour('1')] })
  const key = recordKey('1')
  const { progress, letters } = await runRetry(opened.feed, TOURS, 'snapshot', [key], signal)
  expect(progress).toMatchObject({ pass: 'snapshot', state: 'completed', initial: false })
  expect(letters).toEqual(new Map([[key, 'settled']]))
  expect(keysOf(opened)).toEqual(['1'])
  expect(opened.committed().flatMap(({ request }) => settledLettersOf(request))).toEqual([key])
})

test('an update of a resource without stamps is refused before anything is asked, and says what does its work', async () => {
  const opened = await feedOf(rows('1'), {})
  await expect(runUpdate(opened.feed, TOURS, signal)).rejects.toMatchObject({
    code: 'NO_CHANGE_STAMP',
    retryable: false,
    message: expect.stringContaining('listingstream snapshot --resource tours'),
  })
  expect(opened.source.asked).toEqual([])
  expect(opened.committed()).toEqual([])
})
