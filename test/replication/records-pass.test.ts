import { describe, expect, test } from 'vitest'
import { instant, type Instant } from '../../src/domain/instant.ts'
import { recordKey } from '../../src/domain/record-key.ts'
import { LISTINGS } from '../../src/resources/listings.ts'
import { TOKEN_REFUSED } from '../../src/domain/error-codes.ts'
import { total } from '../../src/replication/progress.ts'
import { runRetry, runSnapshot, runUpdate } from '../../src/replication/records-pass.ts'
import { ListingstreamError } from '../../src/support/errors.ts'
import { feedAfterSnapshot, MemoryFeed } from '../fixtures/memory-feed.ts'
import { SERVER_TIME, sourceRecord } from '../fixtures/scripted-source.ts'

const { signal } = new AbortController()
const HOUR_MS = 3_600_000
const outage = new ListingstreamError('outage', { code: 'SPARK_OUTAGE', retryable: true })

const rows = (...keys: string[]) => ({ records: keys.map((key) => sourceRecord(key)) })
const changed = (key: string, modificationTimestamp: Instant, City = 'Fargo') =>
  sourceRecord(key, { City }, { modificationTimestamp })
const snapshot = ({ feed }: MemoryFeed) => runSnapshot(feed, LISTINGS, signal)
const update = ({ feed }: MemoryFeed) => runUpdate(feed, LISTINGS, signal)
const watermarks = (opened: MemoryFeed) => opened.committed().map(({ request }) => request.watermark)
const states = (opened: MemoryFeed) => opened.committed().map(({ request }) => request.progress.state)
const cityOf = ({ publisher }: MemoryFeed, key: string) =>
  JSON.parse(Buffer.from(publisher.live().get(recordKey(key))!.content.bytes).toString()).StandardFields.City

describe('the first snapshot', () => {
  test('sets the watermark with its first checkpoint, and only then (R4)', async () => {
    const opened = new MemoryFeed({ walks: [[rows('1'), rows('2'), rows('3')]], counts: [3] })
    const done = await snapshot(opened)
    expect(watermarks(opened)).toEqual([SERVER_TIME, null, null, null])
    expect(states(opened)).toEqual(['running', 'running', 'running', 'completed'])
    expect(opened.markers().map(({ event }) => event)).toEqual(['started', 'completed'])
    const fresh = { kind: 'upsert', reason: 'SNAPSHOT', previousDigest: null }
    expect(opened.changes()).toMatchObject(['1', '2', '3'].map((key) => ({ ...fresh, key })))
    expect(done).toMatchObject({ initial: true, token: null, walked: 3 })
    expect(opened.feed.state.hasSnapshot(LISTINGS.name)).toBe(true)
  })

  test('of an empty source is a base to update from', async () => {
    const opened = new MemoryFeed({ walks: [[rows()]], counts: [0] })
    await snapshot(opened)
    expect(watermarks(opened)).toEqual([SERVER_TIME])
    expect(opened.markers().map(({ event }) => event)).toEqual(['started', 'completed'])
  })

  test('that came out incomplete is marked as failed; the next begins anew and keeps the watermark (R4, R7)', async () => {
    const failed = new MemoryFeed({ walks: [[rows('1')]], counts: [2] })
    await expect(snapshot(failed)).rejects.toMatchObject({ code: 'PASS_INCOMPLETE' })
    expect(states(failed)).toEqual(['running', 'failed'])
    expect(failed.markers().at(-1)).toMatchObject({ event: 'failed', detail: expect.stringContaining('2') })
    expect(failed.feed.state.hasSnapshot(LISTINGS.name)).toBe(false)
    expect(failed.observer.ended).toMatchObject([{ progress: { state: 'failed' } }])

    const again = failed.restart(
      { walks: [[{ ...rows('1', '2'), request: 9 }]], counts: [2] },
      { at: instant(SERVER_TIME + HOUR_MS) },
    )
    const done = await snapshot(again)
    expect(done).toMatchObject({ initial: true, state: 'completed', startedAt: SERVER_TIME + HOUR_MS })
    expect(done.passId).not.toBe(failed.observer.ended[0]?.progress.passId)
    expect(again.changes().map(({ key }) => key)).toEqual(['2'])
    expect(again.feed.state.watermark(LISTINGS.name)).toBe(SERVER_TIME)
  })
})

describe('an interrupted pass', () => {
  test('goes on at its token, under the same id and start, and publishes nothing twice (R4, R5)', async () => {
    const first = new MemoryFeed({ walks: [[rows('1'), rows('2'), { fail: outage }]] })
    await expect(snapshot(first)).rejects.toBe(outage)
    expect(states(first)).toEqual(['running', 'running'])
    const interrupted = first.feed.state.interrupted(LISTINGS.name, 'snapshot')

    const second = first.restart(
      { walks: [[rows('2', '3')]], counts: [3] },
      { at: instant(SERVER_TIME + 5 * HOUR_MS) },
    )
    const done = await snapshot(second)
    expect(done).toMatchObject({
      passId: interrupted?.passId,
      startedAt: SERVER_TIME,
      initial: true,
      walked: 3,
    })
    expect(second.source.asked[0]).toMatchObject({ kind: 'walk', token: interrupted?.token })
    expect(second.changes().map(({ key }) => key)).toEqual(['3'])
    expect(second.markers().map(({ event }) => event)).toEqual(['completed'])
    expect(second.feed.state.watermark(LISTINGS.name)).toBe(SERVER_TIME)
  })

  test('reads again what has published nothing since its last checkpoint, and counts it once (R7, R11)', async () => {
    const known = ['1', '2', '3'].map((key) => sourceRecord(key))
    const first = await feedAfterSnapshot(known, { walks: [[rows('1'), rows('2'), { fail: outage }]] })
    await expect(update(first)).rejects.toBe(outage)
    expect(states(first)).toEqual(['running'])
    const interrupted = first.feed.state.interrupted(LISTINGS.name, 'update')!
    expect(interrupted).toMatchObject({ page: 1, walked: 1, counts: { unchanged: 1 } })

    const later = (key: string) => ({ ...rows(key), request: 9 })
    const second = first.restart({ walks: [[later('2'), later('3')]], counts: [3] })
    expect(await update(second)).toMatchObject({
      passId: interrupted.passId,
      page: 3,
      walked: 3,
      counts: { published: 0, unchanged: 3 },
    })
    expect(second.source.asked[0]).toMatchObject({ kind: 'walk', token: interrupted.token })
  })

  test('whose token is refused starts again from the beginning with the same id and start (R7)', async () => {
    const first = new MemoryFeed({ walks: [[rows('1'), { fail: outage }]] })
    await expect(snapshot(first)).rejects.toBe(outage)
    const { passId, startedAt } = first.feed.state.interrupted(LISTINGS.name, 'snapshot')!
    const refused = new ListingstreamError('unknown token', { code: TOKEN_REFUSED, retryable: true })
    const second = first.restart({ walks: [[{ fail: refused }], [rows('1', '2')]], counts: [2] })
    expect(await snapshot(second)).toMatchObject({ passId, startedAt, walked: 2, counts: { published: 2 } })
  })

  test('an aborted one stays resumable: no failed marker, no transaction after the abort', async () => {
    const stop = new Error('stop')
    const controller = new AbortController()
    const opened = new MemoryFeed({ walks: [[rows('1'), { run: () => controller.abort(stop) }, rows('2')]] })
    await expect(runSnapshot(opened.feed, LISTINGS, controller.signal)).rejects.toBe(stop)
    expect(opened.feed.state.lastPass(LISTINGS.name, 'snapshot')?.state ?? 'running').toBe('running')
    expect(opened.markers().filter(({ event }) => event === 'failed')).toEqual([])
  })
})

describe('an update', () => {
  test('before the first snapshot has begun is refused', async () => {
    const opened = new MemoryFeed({})
    await expect(update(opened)).rejects.toMatchObject({ code: 'NO_SNAPSHOT', exitCode: 1 })
    expect(opened.source.asked).toEqual([])
  })

  test('asks for what changed since the watermark less overlap and a second (R4)', async () => {
    const opened = await feedAfterSnapshot([sourceRecord('1')], { walks: [[rows()]] })
    await update(opened)
    expect(opened.source.asked).toEqual([
      {
        kind: 'walk',
        resource: LISTINGS,
        select: 'everything',
        purpose: 'update',
        filter: 'ModificationTimestamp Gt 2026-05-02T13:39:59Z',
        token: '',
      },
    ])
  })

  test('moves the watermark only in its last transaction, to its start (R4)', async () => {
    const at = instant(SERVER_TIME + HOUR_MS)
    const later = instant(at + 60_000)
    const walks = [[rows('1'), { records: [changed('1', at)], serverDate: later }]]
    const opened = await feedAfterSnapshot([sourceRecord('1')], { walks, counts: [1] })
    const done = await update(opened)
    expect(done).toMatchObject({ startedAt: at, counts: { published: 1, unchanged: 1 } })
    expect(watermarks(opened)).toEqual([null, null, at])
    expect(opened.changes()).toMatchObject([{ key: '1', reason: 'UPDATED' }])
  })

  test('that does not come to its end moves no watermark (R4)', async () => {
    const opened = await feedAfterSnapshot([sourceRecord('1')], {
      walks: [[rows('1'), rows('2')]],
      counts: [9],
    })
    await expect(update(opened)).rejects.toMatchObject({ code: 'PASS_INCOMPLETE' })
    expect(watermarks(opened)).toEqual([null, null, null])
    expect(opened.feed.state.watermark(LISTINGS.name)).toBe(SERVER_TIME)
  })

  test('never moves the watermark back, even if its start lies before it (R4)', async () => {
    const back = instant(SERVER_TIME - 60_000)
    const opened = await feedAfterSnapshot([], { walks: [[{ ...rows(), serverDate: back }]] }, { later: 0 })
    await update(opened)
    expect(watermarks(opened)).toEqual([null])
  })

  describe('whose answers do not agree about the time (R4)', () => {
    const MINUTE_MS = 60_000
    const at = instant(SERVER_TIME + HOUR_MS)
    const ahead = instant(at + 59 * MINUTE_MS)

    test('leaves no gap: an empty window that an answer from the future showed', async () => {
      const opened = await feedAfterSnapshot([sourceRecord('1')], {
        walks: [[{ ...rows(), serverDate: ahead }]],
      })
      await update(opened)
      expect(opened.feed.state.watermark(LISTINGS.name)).toBeLessThanOrEqual(at + MINUTE_MS)
    })

    test('moves the watermark no further than its later answers, though the local clock is ahead as far', async () => {
      const first = { records: [changed('1', at)], serverDate: ahead }
      const opened = await feedAfterSnapshot([sourceRecord('1')], { walks: [[first]], counts: [0] })
      opened.clock.advance(59 * MINUTE_MS)
      const { startedAt } = await update(opened)
      expect(startedAt).toBe(ahead)
      expect(opened.feed.state.watermark(LISTINGS.name)).toBeLessThanOrEqual(at + MINUTE_MS)
    })

    test.each([-59, 59])('loses nothing to a local clock that is %i minutes off', async (minutes) => {
      const opened = await feedAfterSnapshot([sourceRecord('1')], { walks: [[rows()]] })
      opened.clock.advance(minutes * MINUTE_MS)
      await update(opened)
      const watermark = opened.feed.state.watermark(LISTINGS.name)
      expect(watermark).toBe(minutes < 0 ? at - 58 * MINUTE_MS : at)
      expect(opened.observer.clocks).toEqual([-minutes * MINUTE_MS])
    })
  })

  test('that finds nothing costs one transaction', async () => {
    const opened = await feedAfterSnapshot([sourceRecord('1')], { walks: [[rows()]] })
    const { startedAt } = await update(opened)
    expect(watermarks(opened)).toEqual([startedAt])
    expect(opened.markers().map(({ event }) => event)).toEqual(['started', 'completed'])
  })

  test('publishes a new key as created, and nothing for a touch (R5)', async () => {
    const at = instant(SERVER_TIME + 60_000)
    const touched = sourceRecord('1', {}, { modificationTimestamp: at })
    const opened = await feedAfterSnapshot([sourceRecord('1')], {
      walks: [[{ records: [touched, changed('2', at)] }]],
      counts: [2],
    })
    await update(opened)
    expect(opened.changes()).toMatchObject([{ key: '2', reason: 'CREATED' }])
    const [entry] = await opened.index.getMany(LISTINGS.name, [recordKey('1')])
    expect(entry).toMatchObject({ modificationTimestamp: at })
  })

  test('every row and every record asked for again has one outcome (R11)', async () => {
    const at = instant(SERVER_TIME + 60_000)
    const older = changed('1', instant(SERVER_TIME - 2 * HOUR_MS))
    const records = [older, changed('2', at), changed('2', at), sourceRecord('3', { Poison: 1 })]
    const unreadable = [{ reason: 'no key', body: {} }]
    const opened = await feedAfterSnapshot([sourceRecord('1')], {
      walks: [[{ records, unreadable }]],
      counts: [0],
      records: [older],
    })
    const { counts } = await update(opened)
    expect(counts).toEqual({ published: 2, unchanged: 0, stale: 2, dead_lettered: 2 })
    expect(total(counts)).toBe(records.length + unreadable.length + 1)
  })
})

test('a later snapshot publishes only the differences, and leaves the watermark alone (R4, R5)', async () => {
  const records = [sourceRecord('1'), sourceRecord('2'), sourceRecord('3')]
  const after = [sourceRecord('1'), changed('2', SERVER_TIME), sourceRecord('4')]
  const opened = await feedAfterSnapshot(records, { walks: [[{ records: after }]], counts: [3] })
  expect(await snapshot(opened)).toMatchObject({ initial: false, counts: { published: 2, unchanged: 1 } })
  expect(opened.changes()).toMatchObject([
    { key: '2', reason: 'UPDATED' },
    { key: '4', reason: 'CREATED' },
  ])
  expect(watermarks(opened)).toEqual([null, null])
})

describe('an older stamp than the one known, which was seen longer ago than the overlap (R6)', () => {
  const older = changed('1', instant(SERVER_TIME - 2 * HOUR_MS), 'Bismarck')

  test('is asked for again at the end of the pass; the same answer is the new truth', async () => {
    const opened = await feedAfterSnapshot([sourceRecord('1'), sourceRecord('2')], {
      walks: [[{ records: [older] }, rows('2')]],
      counts: [2],
      records: [older],
    })
    expect(await update(opened)).toMatchObject({ counts: { published: 1, stale: 1, unchanged: 1 } })
    expect(opened.source.asked.map(({ kind }) => kind)).toEqual(['walk', 'count', 'findByKeys'])
    expect(cityOf(opened, '1')).toBe('Bismarck')
  })

  test('is dropped if the second answer is another one', async () => {
    const other = changed('1', instant(SERVER_TIME - 3 * HOUR_MS), 'Minot')
    const opened = await feedAfterSnapshot([sourceRecord('1')], {
      walks: [[{ records: [older] }]],
      counts: [1],
      records: [other],
    })
    expect(await update(opened)).toMatchObject({ counts: { published: 0, stale: 2 } })
    expect(opened.changes()).toEqual([])
  })

  test('is dropped if the source does not show it any more', async () => {
    const opened = await feedAfterSnapshot([sourceRecord('1')], {
      walks: [[{ records: [older] }]],
      counts: [1],
    })
    expect(await update(opened)).toMatchObject({ state: 'completed', counts: { published: 0, stale: 1 } })
    expect(opened.changes()).toEqual([])
  })

  test('is plainly stale within the overlap', async () => {
    const opened = await feedAfterSnapshot(
      [sourceRecord('1')],
      { walks: [[{ records: [older] }]], counts: [1], records: [older] },
      { later: 60_000 },
    )
    await update(opened)
    expect(opened.source.asked.map(({ kind }) => kind)).toEqual(['walk', 'count'])
  })

  test('is still asked for when the process dies right after the page was committed', async () => {
    const first = await feedAfterSnapshot([sourceRecord('1')], { walks: [[{ records: [older] }, rows('2')]] })
    const unsettled = new ListingstreamError('died', {
      code: 'COMMIT_UNSETTLED',
      retryable: false,
      disposition: 'reopen',
    })
    first.publisher.failAfterCommit(0, unsettled)
    await expect(update(first)).rejects.toBe(unsettled)
    const second = first.restart({ walks: [[rows('2')]], counts: [2], records: [older] })
    expect(await update(second)).toMatchObject({ page: 2, counts: { stale: 1, published: 2 } })
    expect(cityOf(second, '1')).toBe('Bismarck')
  })
})

describe('a retry of dead letters (R12)', () => {
  const keys = ['healed', 'bad', 'gone', 'fine'].map(recordKey)
  const poison = ['healed', 'bad', 'gone'].map((key) => sourceRecord(key, { Poison: 1 }))
  const healed = changed('healed', SERVER_TIME)
  const retry = ({ feed }: MemoryFeed) => runRetry(feed, LISTINGS, 'update', keys, signal)

  /** After a snapshot that found poison, in a process that keeps its index. */
  async function poisoned(script: ConstructorParameters<typeof MemoryFeed>[0]): Promise<MemoryFeed> {
    const records = [...poison, sourceRecord('fine')]
    const first = new MemoryFeed({ walks: [[{ records }]], counts: [4] })
    await snapshot(first)
    return first.restart(script, { at: instant(SERVER_TIME + HOUR_MS) })
  }

  test('publishes what can be published now, in the transaction that settles its letter, and says of each what became of it', async () => {
    const records = [healed, poison[1]!, sourceRecord('fine')]
    const opened = await poisoned({ walks: [[{ records: [], request: 9 }]], records })
    opened.source.skipRequests(9)
    const { letters, progress } = await retry(opened)
    expect(Object.fromEntries(letters)).toEqual({
      healed: 'settled',
      bad: 'remains',
      gone: 'not_shown',
      fine: 'settled',
    })
    expect(progress).toMatchObject({ state: 'completed', counts: { published: 1, unchanged: 2 } })
    const [page] = opened.committed()
    expect(page?.request.parts).toMatchObject([
      { changes: [{ key: 'healed' }], settledLetters: ['fine', 'healed'] },
    ])
    expect(opened.changes()).toHaveLength(1)
    expect(opened.feed.state.watermark(LISTINGS.name)).toBe(SERVER_TIME + HOUR_MS)

    const again = opened.restart({ walks: [[{ records: [], request: 99 }]], records })
    again.source.skipRequests(99)
    await retry(again)
    expect(again.changes()).toEqual([])
  })

  test('asks twice for an answer that is older than the letter (R6)', async () => {
    const older = changed('healed', instant(SERVER_TIME - 2 * HOUR_MS))
    const opened = await poisoned({ walks: [[{ records: [], request: 9 }]], records: [older] })
    opened.source.skipRequests(9)
    const { letters } = await retry(opened)
    expect(letters.get(older.key)).toBe('settled')
    expect(opened.source.asked.map(({ kind }) => kind)).toEqual(['walk', 'findByKeys', 'findByKeys'])
    expect(opened.changes()).toMatchObject([{ key: 'healed' }])
  })
})
