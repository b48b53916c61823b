import { describe, expect, test } from 'vitest'

import { instant } from '../../src/domain/instant.ts'
import { MASKED } from '../../src/domain/masked.ts'
import { recordKey } from '../../src/domain/record-key.ts'
import { TOKEN_REFUSED } from '../../src/domain/error-codes.ts'
import { FeedRunner, PLAIN_PASS } from '../../src/replication/feed-runner.ts'
import { runRepublish, type RepublishSelection } from '../../src/replication/republish.ts'
import { runUpdate } from '../../src/replication/records-pass.ts'
import { LISTINGS } from '../../src/resources/listings.ts'
import { ListingstreamError } from '../../src/support/errors.ts'
import { feedIdentity } from '../fixtures/index-entry.ts'
import { feedAfterSnapshot, MemoryFeed, OVERLAP_MS } from '../fixtures/memory-feed.ts'
import { MemoryKeyIndex } from '../fixtures/memory-key-index.ts'
import { sourceRecord, type SourceScript } from '../fixtures/scripted-source.ts'

const { signal } = new AbortController()
const outage = new ListingstreamError('outage', { code: 'SPARK_OUTAGE', retryable: true })
const refusal = new ListingstreamError('refused', { code: TOKEN_REFUSED, retryable: true })

const rows = (...keys: string[]) => ({ records: keys.map((key) => sourceRecord(key)) })
const KNOWN = ['1', '2', '3', '4'].map((key) => sourceRecord(key))
const keysOf = (...keys: string[]) => keys.map(recordKey)
const again = ({ feed }: MemoryFeed, selection: RepublishSelection = 'all') =>
  runRepublish(feed, LISTINGS, selection, signal)
const told = (opened: MemoryFeed) =>
  opened.changes().map((change) => `${change.key} ${change.kind === 'upsert' ? change.reason : change.kind}`)

async function feedOf(script: SourceScript): Promise<MemoryFeed> {
  const opened = await feedAfterSnapshot(KNOWN, script)
  // Its questions are later than those of the snapshot, as after any start (R6).
  opened.source.skipRequests(10)
  return opened
}

describe('a republish of everything', () => {
  test('publishes what has not changed as REPUBLISHED, and what has as the change that it is', async () => {
    const opened = await feedOf({
      walks: [[rows('1', '2'), { records: [sourceRecord('3', { City: 'Minot' }), sourceRecord('5')] }]],
      counts: [3],
    })
    const { progress, left } = await again(opened)
    expect(told(opened)).toEqual(['1 REPUBLISHED', '2 REPUBLISHED', '3 UPDATED', '5 CREATED'])
    expect(progress).toMatchObject({ pass: 'republish', state: 'completed', walked: 4 })
    expect(progress.counts).toMatchObject({ published: 4, unchanged: 0 })
    expect(opened.markers().map(({ event }) => event)).toEqual(['started', 'completed'])
    expect(opened.committed().every(({ request }) => request.watermark === null)).toBe(true)
    // The source did not show it: nothing is concluded from that (R9).
    expect(left).toEqual({ count: 1, keys: ['4'] })
  })

  test('leaves what gained masked fields to the guard of the passes, and names it; who names the key gets it (R10)', async () => {
    const masked = sourceRecord('2', { City: MASKED })
    const script = { walks: [[{ records: [sourceRecord('1'), masked] }, rows('3', '4')]], counts: [4] }
    const opened = await feedOf({ ...script, records: [masked] })
    const { left } = await again(opened)
    expect(told(opened)).toEqual(['1 REPUBLISHED', '3 REPUBLISHED', '4 REPUBLISHED'])
    expect(left).toEqual({ count: 1, keys: ['2'] })
    const { fates } = await again(opened, keysOf('2'))
    expect(fates).toEqual(new Map([['2', 'changed']]))
  })

  test('goes on at its token under the same id, and publishes nothing twice (R1, R2)', async () => {
    const first = await feedOf({ walks: [[rows('1'), rows('2'), { fail: outage }]] })
    await expect(again(first)).rejects.toBe(outage)
    const interrupted = first.feed.state.interrupted(LISTINGS.name, 'republish')
    const second = first.restart({ walks: [[rows('2', '3'), rows('4')]], counts: [4] })
    second.source.skipRequests(20)
    const { progress, left } = await again(second)
    expect(progress).toMatchObject({ passId: interrupted?.passId, state: 'completed', walked: 4 })
    expect(second.source.asked[0]).toMatchObject({ token: interrupted?.token })
    expect(told(first)).toEqual(['1', '2', '3', '4'].map((key) => `${key} REPUBLISHED`))
    expect(left).toEqual({ count: 0, keys: [] })
  })

  test('that begins its walk anew, without index and ledger or for a refused token, publishes nothing twice (R2, R7)', async () => {
    const first = await feedOf({ walks: [[rows('1'), rows('2'), { fail: outage }]] })
    await expect(again(first)).rejects.toBe(outage)
    const at = first.clock.now()
    const index = new MemoryKeyIndex({ batchSize: 2 })
    await first.publisher.rebuild(index, feedIdentity(), at)
    const second = first.restart(
      { walks: [[rows('1', '2'), { fail: refusal }], [rows('1', '2', '3', '4')]], counts: [4] },
      { at, index },
    )
    second.source.skipRequests(20)
    const { progress } = await again(second)
    expect(progress.counts).toMatchObject({ published: 4, unchanged: 4 })
    expect(told(first)).toEqual(['1', '2', '3', '4'].map((key) => `${key} REPUBLISHED`))
  })

  test('leaves what another pass has published since it began', async () => {
    const changed = sourceRecord('2', { City: 'Minot' }, { modificationTimestamp: instant(Date.now()) })
    const opened: MemoryFeed = await feedOf({
      walks: [[rows('1'), { run: () => void updates.push(update()) }, rows('3')], [{ records: [changed] }]],
      counts: [0, 0],
    })
    const update = () => runUpdate(opened.feed, LISTINGS, signal)
    const updates: Promise<unknown>[] = []
    await again(opened)
    await Promise.all(updates)
    expect(told(opened).filter((change) => change.startsWith('2'))).toEqual(['2 UPDATED'])
  })

  test('asks once more for what a later answer has outrun (R6)', async () => {
    const opened = await feedOf({
      walks: [[{ ...rows('1', '2'), request: 11 }]],
      counts: [2],
      records: KNOWN,
    })
    const entry = (await opened.index.getMany(LISTINGS.name, keysOf('2')))[0]
    // As a page of an update, sent after the walk's and committed before it.
    const puts = new Map([[recordKey('2'), { ...entry!, request: 12 }]])
    const parts = [{ resource: LISTINGS.name, puts, drops: [] }]
    await opened.index.apply({ parts, nextOffsets: undefined, at: opened.clock.now() })
    opened.source.skipRequests(12)
    const { progress } = await again(opened)
    expect(told(opened)).toEqual(['1 REPUBLISHED', '2 REPUBLISHED'])
    expect(progress.counts).toMatchObject({ published: 2, stale: 1 })
  })

  test('takes an older stamp only if the source says it twice (R6)', async () => {
    const older = sourceRecord(
      '1',
      {},
      { modificationTimestamp: instant(KNOWN[0]!.modificationTimestamp! - 1) },
    )
    const opened = await feedOf({ walks: [[{ records: [older] }]], counts: [1], records: [older] })
    expect(opened.clock.now() - KNOWN[0]!.modificationTimestamp!).toBeGreaterThan(OVERLAP_MS)
    await again(opened)
    expect(told(opened)).toEqual(['1 REPUBLISHED'])
    expect(opened.source.asked.map(({ kind }) => kind)).toContain('findByKeys')
  })

  test('that came out incomplete has failed, and is not gone on with (R7)', async () => {
    const opened = await feedOf({ walks: [[rows('1')]], counts: [9] })
    await expect(again(opened)).rejects.toMatchObject({ code: 'PASS_INCOMPLETE' })
    expect(opened.markers().at(-1)).toMatchObject({ event: 'failed', progress: { pass: 'republish' } })
    expect(opened.feed.state.interrupted(LISTINGS.name, 'republish')).toBeUndefined()
  })

  test('dead-letters what cannot be published, and settles the letter of what can (R12)', async () => {
    const poison = sourceRecord('1', { Poison: 'x' })
    const opened = await feedOf({ walks: [[{ records: [poison, ...rows('2').records] }]], counts: [2] })
    const { progress, left } = await again(opened)
    expect(progress.counts).toMatchObject({ published: 1, dead_lettered: 1 })
    expect(left).toMatchObject({ keys: ['1', '3', '4'] })
    const cured = opened.restart({ walks: [[rows('1', '2')]], counts: [2] })
    cured.source.skipRequests(30)
    await again(cured)
    expect(told(cured)).toEqual(['1 REPUBLISHED', '2 REPUBLISHED'])
    expect(cured.committed().flatMap(({ request }) => request.parts[0]?.settledLetters ?? [])).toEqual(['1'])
  })

  test('needs a snapshot, and one of the present scope', async () => {
    await expect(again(new MemoryFeed({}))).rejects.toMatchObject({ code: 'NO_SNAPSHOT' })
    const { feed } = await feedOf({})
    const narrower = { ...LISTINGS, scope: { ...LISTINGS.scope, filter: "City Eq 'Fargo'" } }
    await expect(runRepublish(feed, narrower, 'all', signal)).rejects.toMatchObject({ code: 'SCOPE_CHANGED' })
  })
})

describe('a republish of certain keys', () => {
  test('says what became of each, and walks nothing', async () => {
    const opened = await feedOf({
      records: [KNOWN[0]!, sourceRecord('2', { City: 'Minot' }), sourceRecord('3', { Poison: 'x' })],
    })
    const { progress, fates, left } = await again(opened, keysOf('4', '1', '2', '3', '9'))
    expect([...(fates ?? [])]).toEqual([
      ['4', 'not_shown'],
      ['1', 'republished'],
      ['2', 'changed'],
      ['3', 'dead_lettered'],
      ['9', 'not_shown'],
    ])
    expect(told(opened)).toEqual(['1 REPUBLISHED', '2 UPDATED'])
    expect(progress).toMatchObject({ pass: 'republish', state: 'completed', walked: 3 })
    expect(opened.markers().map(({ event }) => event)).toEqual(['started', 'completed'])
    expect(new Set(opened.source.asked.map(({ kind }) => kind))).toEqual(new Set(['findByKeys']))
    expect(left).toBeUndefined()
  })

  test('is over once it is interrupted: the next one, of whatever, begins anew', async () => {
    let down = true
    const opened = await feedOf({
      // Which is the last of them, and in the second question.
      findByKeys: (keys) => (down && keys.includes(recordKey('99')) ? outage : undefined),
      records: KNOWN,
    })
    const many = Array.from({ length: 200 }, (_, n) => String(n + 1))
    await expect(again(opened, keysOf(...many))).rejects.toBe(outage)
    const published = told(opened).length
    expect(published).toBeGreaterThan(0)
    const interrupted = opened.feed.state.interrupted(LISTINGS.name, 'republish')
    expect(interrupted).toMatchObject({ token: null })
    down = false
    const { progress } = await again(opened, keysOf('1'))
    expect(progress.passId).not.toBe(interrupted?.passId)
    expect(opened.markers().map(({ event }) => event)).toEqual(['started', 'failed', 'started', 'completed'])
    expect(told(opened)).toHaveLength(published + 1)
  })

  test('waits until one of everything has ended, whose place it would take', async () => {
    const opened = await feedOf({ walks: [[rows('1'), { fail: outage }]] })
    await expect(again(opened)).rejects.toBe(outage)
    await expect(again(opened, keysOf('2'))).rejects.toMatchObject({ code: 'REPUBLISH_UNFINISHED' })
  })

  test('runs beside a walk, by the runner of the feed', async () => {
    const held = Promise.withResolvers<void>()
    const opened = await feedOf({ records: KNOWN })
    const runner = new FeedRunner({
      ...opened.feed,
      metadata: { refresh: async () => undefined },
      source: {
        identify: (...args) => opened.source.identify(...args),
        findByKeys: (...args) => opened.source.findByKeys(...args),
        findOne: (...args) => opened.source.findOne(...args),
        sets: (...args) => opened.source.sets(...args),
        count: async () => 0,
        async *walk(request) {
          await held.promise
          const at = opened.clock.now()
          yield {
            ...rows('1'),
            request: 99,
            token: request.token,
            nextToken: null,
            serverDate: at,
            receivedAt: at,
            unreadable: [],
          }
        },
      },
    })
    const snapshot = runner.run(LISTINGS, 'snapshot', PLAIN_PASS, signal)
    const options = { ...PLAIN_PASS, republish: keysOf('1') }
    const { republished } = await runner.run(LISTINGS, 'republish', options, signal)
    expect(republished?.fates?.get(recordKey('1'))).toBe('republished')
    held.resolve()
    await snapshot
  })
})
