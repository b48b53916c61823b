import { expect, test } from 'vitest'

import { instant } from '../../src/domain/instant.ts'
import { LISTINGS } from '../../src/resources/listings.ts'
import { passId, type PassKind } from '../../src/domain/pass.ts'
import type { ResourceName } from '../../src/domain/resource.ts'
import { Health } from '../../src/ops/health.ts'
import { ListingstreamError } from '../../src/support/errors.ts'
import { TOURS } from '../fixtures/resources.ts'
import { progressOf } from '../fixtures/pass-progress.ts'
import { pageOf } from './progress.ts'

const unreachable = new ListingstreamError('No broker answers.', {
  code: 'KAFKA_UNREACHABLE',
  retryable: true,
})

function healthAt(clock: { ms: number }) {
  return new Health(() => instant(clock.ms))
}

test('it is not ready before it has started, and says what it waits for', () => {
  const clock = { ms: 5 }
  const health = healthAt(clock)
  expect(health.report()).toMatchObject({ ready: false, reasons: [{ code: 'STARTING', since: 5 }] })
  expect(health.lastError()).toBeNull()
  clock.ms = 10
  health.starting(unreachable, 2_000)
  expect(health.report().reasons).toMatchObject([{ retryAt: 2_010 }])
  health.starting(unreachable)
  expect(health.report().reasons).toMatchObject([{ retryAt: null }])
  const { code, message } = unreachable
  expect(health.report()).toMatchObject({ ready: false, reasons: [{ code, message, since: 5 }] })
  expect(health.lastError()).toMatchObject({ code, message, lasts: true })
  health.started()
  expect(health.report()).toMatchObject({ ready: true, reasons: [] })
})

test('a parked track makes it unready until that very track goes on', () => {
  const clock = { ms: 100 }
  const health = healthAt(clock)
  health.started()
  health.parked(LISTINGS, 'update', unreachable, 5000)
  health.parked(LISTINGS, 'purge', unreachable, 5000)
  clock.ms = 5100
  health.parked(LISTINGS, 'update', unreachable, 10_000)
  health.resumed(LISTINGS, 'purge')
  expect(health.report()).toMatchObject({
    ready: false,
    reasons: [
      { code: 'KAFKA_UNREACHABLE', resource: 'listings', pass: 'update', since: 100, retryAt: 15_100 },
    ],
  })
  health.resumed(LISTINGS, 'update')
  expect(health.report().ready).toBe(true)
})

test('a pass that came to its end, whoever ran it, ends the standstill of its track, and of no other one', () => {
  const health = healthAt({ ms: 0 })
  health.started()
  health.parked(LISTINGS, 'purge', unreachable, 5000)
  health.parked(LISTINGS, 'update', unreachable, 5000)
  health.passEnded(progressOf({ pass: 'purge', state: 'failed' }), 'incomplete')
  expect(health.report().reasons).toHaveLength(2)
  health.passEnded(progressOf({ pass: 'purge', state: 'held' }), '700 deletes')
  expect(health.report().reasons).toMatchObject([{ pass: 'update' }])
  health.passEnded(progressOf({ state: 'completed' }), null)
  expect(health.report()).toMatchObject({ ready: true, reasons: [] })
})

test('what stood still or was refused to the feed as it was open before is told of no longer, until it is again', () => {
  const health = healthAt({ ms: 0 })
  health.started()
  health.parked(LISTINGS, 'snapshot', unreachable, 5000)
  health.setsRefused(LISTINGS.name, 'mls-1', unreachable)
  health.scheduleBegun()
  expect(health.report()).toMatchObject({ ready: true, reasons: [], refusedSets: [] })
  expect(health.lastError()).toMatchObject({ code: 'KAFKA_UNREACHABLE', lasts: false })
  health.parked(LISTINGS, 'snapshot', unreachable, 5000)
  expect(health.report()).toMatchObject({ ready: false, reasons: [{ pass: 'snapshot' }] })
})

test('a held purge is told but does not make it unready, until a sweep is clear (R10)', () => {
  const health = healthAt({ ms: 0 })
  health.started()
  const purge = progressOf({ pass: 'purge' })
  health.passEnded({ ...purge, state: 'held' }, '700 deletes')
  expect(health.report()).toMatchObject({
    ready: true,
    held: [{ resource: 'listings', detail: '700 deletes' }],
  })
  health.passEnded(progressOf({ pass: 'update', state: 'completed' }), null)
  expect(health.report().held).toHaveLength(1)
  health.passEnded({ ...purge, state: 'completed' }, null)
  expect(health.report().held).toEqual([])
})

test('what the checkpoints say of a hold and of completed passes is told after a restart (R10)', () => {
  const health = healthAt({ ms: 5000 })
  health.started()
  const purge = progressOf({ pass: 'purge', state: 'held' })
  const held = { ...purge, deletes: { ...purge.deletes, held: 30 } }
  health.passRecovered(held, undefined)
  health.passRecovered(progressOf({ pass: 'update', state: 'completed' }), instant(4000))
  expect(health.report()).toMatchObject({
    ready: true,
    held: [{ resource: 'listings', detail: expect.stringContaining('30 deletes') }],
    lastCompleted: [{ pass: 'update', at: 4000 }],
  })
  // Its own words are better, where this process has heard them.
  health.passEnded(held, 'too many')
  health.passRecovered(held, undefined)
  expect(health.report().held).toEqual([
    { resource: 'listings', detail: 'too many', pass: 'purge', kind: 'deletes' },
  ])
  health.passRecovered(progressOf({ pass: 'purge', state: 'completed' }), instant(4500))
  expect(health.report().held).toEqual([])
  // An operator's decision ends it, too.
  health.passEnded(held, 'too many')
  health.passEnded(progressOf({ pass: 'purge', state: 'rejected' }), 'wrong')
  expect(health.report().held).toEqual([])
})

test('a refused schema is told but does not make it unready, until it is taken', () => {
  const health = healthAt({ ms: 0 })
  health.started()
  health.schemaRefused(
    LISTINGS.name,
    new ListingstreamError('It is refused.', {
      code: 'REGISTRY_REFUSED',
      retryable: false,
      disposition: 'retry',
    }),
  )
  expect(health.report()).toMatchObject({
    ready: true,
    refusedSchemas: [{ resource: 'listings', code: 'REGISTRY_REFUSED', message: 'It is refused.' }],
  })
  health.schemaRefused(LISTINGS.name, null)
  expect(health.report().refusedSchemas).toEqual([])
})

test('seconds that the source cannot show are told but do not make it unready, until they are read; also after a restart', () => {
  const owedSeconds = [instant(Date.UTC(2026, 4, 2, 9)), instant(Date.UTC(2026, 4, 2, 9, 0, 7))]
  const told = [{ resource: 'listings', seconds: ['2026-05-02T09:00:00Z', '2026-05-02T09:00:07Z'] }]
  const health = healthAt({ ms: 0 })
  health.started()
  health.pageCommitted(progressOf({ owedSeconds }), [])
  expect(health.report()).toMatchObject({ ready: true, owedSeconds: told })
  // A walk of everything says nothing of them.
  health.passEnded(progressOf({ pass: 'purge', state: 'completed' }), null)
  expect(health.report().owedSeconds).toEqual(told)
  health.passEnded(progressOf({ state: 'completed' }), null)
  expect(health.report().owedSeconds).toEqual([])
  health.passRecovered(progressOf({ state: 'completed', owedSeconds }), undefined)
  expect(health.report().owedSeconds).toEqual(told)
})

test('changes that show up late are told but do not make it unready, until updates look back no further than set', () => {
  const health = healthAt({ ms: 0 })
  health.started()
  const review = { overlap: 2_400_000, setting: 1_200_000, lateness: 1_100_400, isLate: true }
  health.overlapReviewed(LISTINGS.name, review)
  expect(health.report()).toMatchObject({
    ready: true,
    lateArrivals: [{ resource: 'listings', overlapSeconds: 2_400, latenessSeconds: 1_100 }],
  })
  health.overlapReviewed(LISTINGS.name, { ...review, lateness: null })
  expect(health.report().lateArrivals).toMatchObject([{ latenessSeconds: null }])
  health.overlapReviewed(LISTINGS.name, { ...review, overlap: 1_200_000, isLate: false })
  expect(health.report().lateArrivals).toEqual([])
})

test('it remembers the last completed pass of each kind', () => {
  const clock = { ms: 1 }
  const health = healthAt(clock)
  health.passEnded(progressOf({ state: 'completed' }), null)
  clock.ms = 2
  health.passEnded(progressOf({ state: 'failed' }), 'incomplete')
  health.passEnded(progressOf({ state: 'completed', decidesOn: passId('held') }), 'approved')
  health.passEnded(progressOf({ pass: 'snapshot', state: 'completed' }), null)
  expect(health.report().lastCompleted.map(({ pass, at }) => [pass, at])).toEqual([
    ['update', 1],
    ['snapshot', 2],
  ])
})

test('what it needs makes it unready once it has failed for long, with the service and the next try', () => {
  const since = instant(1)
  const lasting = [{ service: 'kafka' as const, since, error: unreachable, retryAt: instant(9) }]
  const health = new Health(() => instant(40_000), { outages: { lasting: () => lasting } })
  health.started()
  expect(health.report()).toMatchObject({
    ready: false,
    reasons: [{ code: 'KAFKA_UNREACHABLE', service: 'kafka', since: 1, retryAt: 9 }],
  })
  lasting.pop()
  expect(health.report().ready).toBe(true)
})

test('an update that comes no further for three intervals makes it unready, parked or not; progress and an end make it ready', () => {
  const clock = { ms: 0 }
  const expected = (_: ResourceName, pass: PassKind) => (pass === 'update' ? 300_000 : null)
  const health = new Health(() => instant(clock.ms), { expected })
  health.started()
  clock.ms = 10_000_000
  // Before the first watermark nothing is expected of it.
  expect(health.report().ready).toBe(true)
  health.watermarkMoved(LISTINGS.name, instant(0))
  clock.ms += 900_000
  expect(health.report().ready).toBe(true)
  clock.ms += 1
  expect(health.report()).toMatchObject({
    ready: false,
    reasons: [{ code: 'PASS_OVERDUE', resource: 'listings', pass: 'update', since: 10_000_000 }],
  })
  health.pageCommitted(progressOf(), pageOf([]))
  expect(health.report().ready).toBe(true)
  clock.ms += 900_001
  health.passEnded(progressOf({ state: 'completed' }), null)
  expect(health.report().ready).toBe(true)
  clock.ms += 900_001
  health.parked(LISTINGS, 'update', unreachable, 5000)
  expect(health.report().reasons.map(({ code }) => code)).toEqual(['KAFKA_UNREACHABLE'])
})

test('full walks that do not come make it unready, from the first complete one on, also of an earlier process', () => {
  const clock = { ms: 0 }
  const expected = (resource: ResourceName, pass: PassKind) =>
    resource === TOURS.name && pass === 'snapshot' ? 300_000 : null
  const walk = { resource: TOURS.name, pass: 'snapshot', state: 'completed' } as const
  const overdue = [{ code: 'PASS_OVERDUE', resource: 'tours', pass: 'snapshot' }]

  const health = new Health(() => instant(clock.ms), { expected })
  health.started()
  health.passStarted(progressOf({ ...walk, state: 'running', initial: true }), false)
  health.passEnded(progressOf(walk), null)
  health.watermarkMoved(LISTINGS.name, instant(0))
  clock.ms += 900_001
  expect(health.report().reasons).toMatchObject(overdue)
  // It waits for a purge that is under way.
  health.pageCommitted(progressOf({ ...walk, pass: 'purge', state: 'running' }), [])
  expect(health.report().ready).toBe(true)

  const next = new Health(() => instant(clock.ms), { expected })
  next.passRecovered(progressOf({ ...walk, state: 'running' }), undefined)
  next.started()
  clock.ms += 900_001
  expect(next.report().reasons).toMatchObject(overdue)
})

test('records that an update holds are told beside the deletes of a purge, until an update is clear (R10)', () => {
  const health = healthAt({ ms: 0 })
  health.started()
  const update = progressOf({ pass: 'update', state: 'held' })
  const purge = progressOf({ pass: 'purge', state: 'held' })
  health.passEnded({ ...update, reread: { ...update.reread, held: 300 } }, 'masked')
  health.passEnded({ ...purge, deletes: { ...purge.deletes, held: 9 } }, 'gone')
  const records = { resource: 'listings', detail: 'masked', pass: 'update', kind: 'records' }
  const deletes = { resource: 'listings', detail: 'gone', pass: 'purge', kind: 'deletes' }
  expect(health.report()).toMatchObject({ ready: true, held: [records, deletes] })
  // One of a purge that deletes what it may has no deletes to tell of.
  health.passEnded({ ...purge, reread: { ...purge.reread, held: 4 } }, 'masked, too')
  expect(health.report().held).toEqual([
    records,
    { resource: 'listings', detail: 'masked, too', pass: 'purge', kind: 'records' },
  ])
  health.passEnded(progressOf({ pass: 'update', state: 'completed' }), null)
  health.passEnded(progressOf({ pass: 'purge', state: 'completed' }), null)
  expect(health.report().held).toEqual([])
  health.passRecovered({ ...update, reread: { ...update.reread, held: 300 } }, undefined, 'masked')
  expect(health.report().held).toEqual([records])
})

test('while its passes are paused it is ready, says so, and nothing is overdue; afterwards their time begins anew', () => {
  const clock = { ms: 1_000_000 }
  const health = new Health(() => instant(clock.ms), { expected: () => 60_000 })
  health.started()
  health.watermarkMoved(LISTINGS.name, instant(0))
  const pause = { resource: LISTINGS.name, since: instant(clock.ms), until: instant(clock.ms + 3_600_000) }
  health.pausesChanged([pause])
  clock.ms += 3_599_000
  expect(health.report()).toMatchObject({
    ready: true,
    paused: [{ resource: 'listings', since: '1970-01-01T00:16:40.000Z', until: '1970-01-01T01:16:40.000Z' }],
  })
  clock.ms += 100_000
  expect(health.report()).toMatchObject({ ready: true, paused: [] })
  clock.ms += 200_000
  expect(health.report().reasons[0]).toMatchObject({ code: 'PASS_OVERDUE', resource: 'listings' })

  health.pausesChanged([{ ...pause, resource: null, until: null }])
  clock.ms += 3_600_000
  expect(health.report()).toMatchObject({ ready: true, paused: [{ resource: null, until: null }] })
  health.pausesChanged([])
  expect(health.report()).toMatchObject({ ready: true, paused: [] })
  clock.ms += 200_000
  expect(health.report().ready).toBe(false)
})
