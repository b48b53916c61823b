import { describe, expect, test } from 'vitest'

import { instant, type Instant } from '../../../src/domain/instant.ts'
import { NO_DELETES, NO_OUTCOMES, passId, type PassEvent } from '../../../src/domain/pass.ts'
import { FeedHistory, type RecalledMarker } from '../../../src/ops/page/feed-history.ts'
import { LISTINGS } from '../../../src/resources/listings.ts'
import { ListingstreamError } from '../../../src/support/errors.ts'
import { deletionOf, upsertOf } from '../../fixtures/change.ts'
import { progressOf } from '../../fixtures/pass-progress.ts'

const NOW = Date.UTC(2026, 4, 2, 12)
const MINUTE = 60_000

class Clock {
  at = NOW
  readonly history = new FeedHistory(() => instant(this.at))

  pass(minutes: number): void {
    this.at += minutes * MINUTE
  }
}

function marker(event: PassEvent, minutesAgo: number, changes: Partial<RecalledMarker> = {}): RecalledMarker {
  return {
    event,
    resource: LISTINGS.name,
    pass: 'update',
    passId: passId('earlier'),
    walked: 0,
    counts: NO_OUTCOMES,
    deletes: NO_DELETES,
    detail: null,
    at: instant(NOW - minutesAgo * MINUTE),
    startedAt: instant(NOW - (minutesAgo + 1) * MINUTE),
    ...changes,
  }
}

const update = (id: string, published = 0) =>
  progressOf({ passId: passId(id), counts: { ...NO_OUTCOMES, published }, walked: 10 })

function runUpdate(clock: Clock, id: string, published = 0): void {
  clock.history.observer.passStarted(update(id), false)
  clock.history.observer.passEnded({ ...update(id, published), state: 'completed' }, null)
  clock.pass(5)
}

describe('passes', () => {
  test('updates that find nothing are one entry, what finds something is one of its own', () => {
    const clock = new Clock()
    for (const [id, published] of [
      ['a', 0],
      ['b', 0],
      ['c', 3],
      ['d', 0],
    ] as const)
      runUpdate(clock, id, published)
    const { passes } = clock.history.report().report
    expect(passes.map(({ passId: id, times, counts }) => [id, times, counts.published])).toEqual([
      ['b', 2, 0],
      ['c', 1, 3],
      ['d', 1, 0],
    ])
    expect(passes[0]).toMatchObject({
      startedAt: '2026-05-02T12:00:00.000Z',
      endedAt: '2026-05-02T12:05:00.000Z',
    })
  })

  test('one that stands still says why, and is the same one when it goes on', () => {
    const { history } = new Clock()
    const error = new ListingstreamError('It does not answer.', {
      code: 'SPARK_UNREACHABLE',
      retryable: true,
    })
    history.observer.passStarted(update('a'), false)
    history.parking.parked(LISTINGS, 'update', error, 5_000)
    expect(history.report().report.passes).toMatchObject([
      { state: 'parked', detail: 'It does not answer. [SPARK_UNREACHABLE]' },
    ])
    history.observer.passStarted(update('a'), true)
    expect(history.report().report.passes).toMatchObject([{ state: 'running', detail: null, endedAt: null }])
  })

  test('a walk of keys is told of page by page, a dry run is not', () => {
    const { history } = new Clock()
    const sweep = progressOf({ pass: 'purge', passId: passId('sweep') })
    history.observer.passStarted(sweep, false)
    history.observer.pageWalked({ ...sweep, walked: 500 })
    history.observer.pageWalked({ ...sweep, passId: passId('dry'), walked: 900 })
    expect(history.report().report.passes).toMatchObject([{ passId: 'sweep', walked: 500 }])
  })

  test('a reader that comes back is told what changed since, and no more', () => {
    const clock = new Clock()
    runUpdate(clock, 'a', 1)
    const first = clock.history.report()
    expect(clock.history.report(first.next).report.passes).toEqual([])
    runUpdate(clock, 'b', 1)
    expect(clock.history.report(first.next).report.passes).toMatchObject([{ passId: 'b' }])
  })

  test('memory does not grow: a day is kept, and 400 entries (R14)', () => {
    const clock = new Clock()
    for (let count = 0; count < 700; count += 1) runUpdate(clock, `${count}`, 1)
    expect(clock.history.report().report.passes.length).toBeLessThanOrEqual(24 * 12)
    for (let count = 0; count < 700; count += 1) {
      clock.history.observer.passStarted(update(`b${count}`), false)
      clock.history.observer.passEnded({ ...update(`b${count}`, 1), state: 'completed' }, null)
    }
    expect(clock.history.report().report.passes).toHaveLength(400)
  })
})

describe('what the topic says of the time before', () => {
  test('comes before what this process did, once', () => {
    const clock = new Clock()
    runUpdate(clock, 'own', 2)
    clock.history.observer.watermarkMoved(LISTINGS.name, instant(NOW))
    const counts = { ...NO_OUTCOMES, published: 4 }
    clock.history.recall([
      marker('started', 30),
      marker('completed', 29, { counts }),
      marker('started', 20, { pass: 'purge', passId: passId('sweep') }),
      marker('held', 19, { pass: 'purge', passId: passId('sweep'), detail: '60 deletes' }),
      marker('started', 25 * 60, { passId: passId('too-old') }),
    ])
    expect(clock.history.isRecalled).toBe(true)
    clock.history.recall([marker('completed', 3, { counts })])
    const { passes, freshness } = clock.history.report().report
    expect(passes.map(({ passId: id, state, detail }) => [id, state, detail])).toEqual([
      ['earlier', 'completed', null],
      ['sweep', 'held', '60 deletes'],
      ['own', 'completed', null],
    ])
    const ids = passes.map(({ id }) => id)
    expect(ids).toEqual(ids.toSorted((a, b) => a - b))
    // From minute −29 on, up to this process's own.
    expect(freshness[LISTINGS.name]?.values.filter((value) => value !== null).length).toBeGreaterThan(29)
  })

  test('a pass that was interrupted stands still, and one that goes on has begun when it began', () => {
    const { history } = new Clock()
    history.observer.passStarted(progressOf({ pass: 'snapshot', passId: passId('long') }), true)
    history.recall([
      marker('started', 90, { pass: 'snapshot', passId: passId('long') }),
      marker('started', 40, { pass: 'purge', passId: passId('sweep') }),
    ])
    expect(history.report().report.passes).toMatchObject([
      { passId: 'sweep', state: 'parked', detail: 'it was interrupted' },
      { passId: 'long', state: 'running', startedAt: '2026-05-02T10:30:00.000Z' },
    ])
  })

  test('of a set nothing is told of freshness: it has no watermark', () => {
    const { history } = new Clock()
    history.recall([marker('started', 30), marker('completed', 29)])
    expect(history.report().report.freshness).toEqual({})
  })
})

describe('events', () => {
  const committed = (
    clock: Clock,
    changes: readonly (ReturnType<typeof upsertOf> | ReturnType<typeof deletionOf>)[],
  ) =>
    clock.history.observer.pageCommitted(update('a', 1), [
      { resource: LISTINGS, changes, counts: NO_OUTCOMES },
    ])

  test('are counted by minute and by why, from when the process began', () => {
    const clock = new Clock()
    committed(clock, [upsertOf('1'), upsertOf('2'), deletionOf('3')])
    clock.pass(1)
    committed(clock, [upsertOf('1')])
    clock.pass(1)
    const { events } = clock.history.report().report
    expect(events.UPDATED?.values.slice(-4)).toEqual([null, 2, 1, 0])
    expect(events.DELETED?.values.slice(-4)).toEqual([null, 1, 0, 0])
    expect(clock.history.brief()).toEqual({ behindSeconds: null, eventsOfHour: 4, running: [] })
  })

  test('the last records whose values fit no field are named, newest first', () => {
    const clock = new Clock()
    const odd = (key: string) => {
      const upsert = upsertOf(key)
      return { ...upsert, content: { ...upsert.content, unmapped: ['BedsTotal'] } }
    }
    for (let page = 0; page < 20; page += 1)
      committed(clock, [odd(`${page}1`), upsertOf('5'), odd(`${page}2`)])
    const { oddRecords } = clock.history
    expect(oddRecords).toHaveLength(25)
    expect(oddRecords.slice(0, 3).map(({ key }) => key)).toEqual(['192', '191', '182'])
    expect(oddRecords[0]).toMatchObject({
      resource: 'listings',
      fields: ['BedsTotal'],
      at: NOW satisfies number as Instant,
    })
  })
})
