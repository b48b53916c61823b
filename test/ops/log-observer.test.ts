import { expect, test } from 'vitest'

import { RegistryRefused } from '../../src/events/registry/registry-errors.ts'
import type { Change } from '../../src/domain/change.ts'
import { instant } from '../../src/domain/instant.ts'
import { passId } from '../../src/domain/pass.ts'
import { LISTING_SETS } from '../../src/resources/listing-sets.ts'
import { LISTINGS } from '../../src/resources/listings.ts'
import { LogObserver } from '../../src/ops/log-observer.ts'
import { observers } from '../../src/ops/observers.ts'
import { createLogger } from '../../src/ops/logger.ts'
import type { Observer } from '../../src/replication/ports.ts'
import { ListingstreamError } from '../../src/support/errors.ts'
import { progressOf } from '../fixtures/pass-progress.ts'
import { pageOf } from './progress.ts'

function logged() {
  const lines: { level: string; msg: string; [field: string]: unknown }[] = []
  const clock = { ms: 0 }
  const destination = { write: (line: string) => lines.push(JSON.parse(line)) }
  const observer = new LogObserver(createLogger({ level: 'info', destination }), () => clock.ms)
  return { observer, clock, lines, messages: () => lines.map(({ msg }) => msg) }
}

test('a pass is told at its start, at most every 5 s while it goes on, and at its end', () => {
  const { observer, clock, lines, messages } = logged()
  observer.passStarted(progressOf(), false)
  for (let page = 1; page <= 12; page += 1) {
    clock.ms += 1000
    observer.pageCommitted(progressOf({ page, walked: page * 10 }), pageOf([]))
  }
  observer.passEnded(progressOf({ state: 'completed', page: 12 }), null)
  expect(messages()).toEqual(['pass started', 'pass goes on', 'pass goes on', 'pass completed'])
  expect(lines[1]).toMatchObject({ passId: 'pass-1', page: 5, walked: 50 })
})

test('a fill of sets tells how far it is by what is owed, also one that goes on after a restart', () => {
  const { observer, clock, lines } = logged()
  const fill = (walked: number) =>
    progressOf({ resource: LISTING_SETS[0].name, pass: 'snapshot', walked, initial: true })
  observer.setsOwed(LISTING_SETS[0].name, 400, 100)
  observer.passStarted(fill(100), true)
  clock.ms += 20_000
  observer.pageCommitted(fill(200), pageOf([]))
  expect(lines.at(-1)).toMatchObject({ walked: 200, total: 500, percent: 40, secondsLeft: 60 })
})

test('a dry run has an end, too, with what it would do (R10)', () => {
  const { observer, lines } = logged()
  observer.dryRunEnded(progressOf({ pass: 'purge', page: 3, walked: 21 }), 7, 'over PURGE_MAX_DELETES')
  expect(lines).toMatchObject([
    {
      level: 'info',
      event: 'dry-run-ended',
      pages: 3,
      walked: 21,
      deletes: 7,
      heldBecause: 'over PURGE_MAX_DELETES',
    },
  ])
})

test('a held purge is a warning that says why and how many', () => {
  const { observer, lines } = logged()
  const deletes = { emitted: 0, held: 700, refuted: 0, inconclusive: 0, unconfirmed: 0 }
  observer.passEnded(progressOf({ pass: 'purge', state: 'held', deletes }), 'over PURGE_MAX_DELETES')
  expect(lines[0]).toMatchObject({
    level: 'warn',
    msg: 'pass held',
    deletes,
    detail: 'over PURGE_MAX_DELETES',
  })
})

test('a purge says what it compared, and at its end what updates had missed', () => {
  const { observer, lines } = logged()
  const purge = progressOf({ pass: 'purge', compare: 'content', missed: { same_stamp: 3 } })
  observer.passStarted(purge, false)
  observer.passEnded({ ...purge, state: 'completed' }, null)
  expect(lines).toMatchObject([
    { event: 'pass-started', compare: 'content' },
    { event: 'pass-ended', compare: 'content', missed: { same_stamp: 3 } },
  ])
})

test('how far updates look back is one line when it changes, also against an earlier process', () => {
  const { observer, lines } = logged()
  const review = { overlap: 2_400_000, setting: 1_200_000, lateness: 1_100_000, isLate: true }
  observer.passRecovered(progressOf({ state: 'completed', overlap: 2_400_000 }))
  observer.overlapReviewed(LISTINGS.name, review)
  observer.overlapReviewed(LISTINGS.name, { ...review, overlap: 4_800_000 })
  observer.overlapReviewed(LISTINGS.name, { ...review, overlap: 4_800_000, lateness: null })
  observer.overlapReviewed(LISTINGS.name, { ...review, overlap: 1_200_000, lateness: 0, isLate: false })
  expect(lines).toMatchObject([
    { level: 'warn', event: 'overlap-changed', overlapMs: 4_800_000, latenessMs: 1_100_000 },
    { level: 'info', event: 'overlap-changed', overlapMs: 1_200_000, settingMs: 1_200_000 },
  ])
})

test('a sweep that is not believed is a warning with its reason, and whether it goes on', () => {
  const { observer, lines } = logged()
  const purge = { pass: 'purge', sweepDoubt: 'short_count' } as const
  observer.sweepJudged(progressOf({ ...purge, state: 'failed' }), 'inconclusive', 'short_count')
  observer.sweepJudged(progressOf({ ...purge, state: 'running' }), 'inconclusive', 'timeout')
  observer.sweepJudged(progressOf({ pass: 'purge', state: 'completed' }), 'clear', null)
  expect(lines).toMatchObject([
    { level: 'warn', event: 'sweep-inconclusive', pass: 'purge', reason: 'short_count', goesOn: false },
    { level: 'warn', event: 'sweep-inconclusive', reason: 'timeout', goesOn: true },
  ])
})

test('a second that the source cannot show is one warning, and one line when it is read', () => {
  const { observer, lines } = logged()
  const [before, now] = [instant(1_000), instant(Date.UTC(2026, 4, 2, 9))]
  observer.passRecovered(progressOf({ state: 'completed', owedSeconds: [before] }))
  observer.pageCommitted(progressOf({ owedSeconds: [before, now] }), pageOf([]))
  observer.passEnded(progressOf({ state: 'completed', owedSeconds: [before, now] }), null)
  observer.passEnded(progressOf({ state: 'completed', owedSeconds: [now] }), null)
  const told = lines.filter(({ event }) => String(event).startsWith('second-'))
  expect(told).toMatchObject([
    { level: 'warn', event: 'second-owed', second: '2026-05-02T09:00:00Z' },
    { level: 'info', event: 'second-read', second: '1970-01-01T00:00:01Z' },
  ])
})

test('a standstill is one line, however often it is tried again, until its cause changes or it is over', () => {
  const { observer, lines, messages } = logged()
  const down = new ListingstreamError('No broker.', { code: 'KAFKA_UNREACHABLE', retryable: true })
  const refused = new ListingstreamError('No token.', {
    code: 'SPARK_UNAUTHORIZED',
    retryable: false,
    disposition: 'retry',
  })
  observer.parked(LISTINGS, 'update', down, 5000)
  observer.parked(LISTINGS, 'update', down, 10_000)
  observer.parked(LISTINGS, 'update', refused, 30_000)
  observer.resumed(LISTINGS, 'update')
  observer.parked(LISTINGS, 'update', refused, 5000)
  expect(messages().filter((message) => message.startsWith('parked'))).toHaveLength(3)
  expect(messages()).toContain('goes on again')
  expect(lines[0]).toMatchObject({ level: 'error', err: { code: 'KAFKA_UNREACHABLE' }, retryInMs: 5000 })
})

test('a standstill is over once, by a pass that somebody asked for as by its own, and is told again of a feed that is opened again', () => {
  const { observer, messages } = logged()
  const down = new ListingstreamError('No broker answers.', { code: 'KAFKA_UNREACHABLE', retryable: true })
  observer.parked(LISTINGS, 'update', down, 5000)
  observer.passEnded(progressOf({ state: 'completed' }), null)
  observer.resumed(LISTINGS, 'update')
  expect(messages().filter((message) => message === 'goes on again')).toHaveLength(1)
  for (const _ of ['before', 'after']) {
    observer.parked(LISTINGS, 'update', down, 5000)
    observer.scheduleBegun()
  }
  expect(messages().filter((message) => message.startsWith('parked'))).toHaveLength(3)
  expect(messages().filter((message) => message === 'goes on again')).toHaveLength(1)
})

test('a field whose values do not fit is told once a pass, with one listing (R12)', () => {
  const { observer, lines, messages } = logged()
  const upserts = ['1', '2'].map((key) => ({ kind: 'upsert', key, content: { unmapped: ['BedsTotal'] } }))
  const changes = upserts as unknown as readonly Change[]
  observer.pageCommitted(progressOf({ page: 1 }), pageOf(changes))
  observer.pageCommitted(progressOf({ page: 2 }), pageOf(changes))
  const told = lines.filter(({ field }) => field === 'BedsTotal')
  expect(told).toMatchObject([{ level: 'info', passId: 'pass-1', key: '1' }])
  observer.passEnded(progressOf({ state: 'completed' }), null)
  observer.pageCommitted(progressOf({ passId: passId('pass-2') }), pageOf(changes))
  expect(messages().filter((message) => message.includes('unmappedFields'))).toHaveLength(2)
})

test('a pass whose end is never told is forgotten when the next of its kind begins (R14)', () => {
  const { observer, lines } = logged()
  const upsert = { kind: 'upsert', key: '1', content: { unmapped: ['BedsTotal'] } }
  const changes = [upsert] as unknown as readonly Change[]
  const told = () => lines.filter(({ field }) => field === 'BedsTotal').length
  const first = progressOf()
  observer.passStarted(first, false)
  observer.pageCommitted(first, pageOf(changes))
  observer.passStarted(first, true)
  observer.pageCommitted(first, pageOf(changes))
  expect(told()).toBe(1)
  observer.passStarted(progressOf({ passId: passId('pass-2') }), false)
  observer.pageCommitted(first, pageOf(changes))
  expect(told()).toBe(2)
})

test('progress says how far a full walk is, by the last one', () => {
  const { observer, clock, lines } = logged()
  observer.passEnded(progressOf({ pass: 'purge', state: 'completed', walked: 200 }), null)
  observer.passStarted(progressOf({ pass: 'purge' }), false)
  clock.ms += 5_000
  observer.pageCommitted(progressOf({ pass: 'purge', page: 5, walked: 50 }), pageOf([]))
  expect(lines.at(-1)).toMatchObject({ walked: 50, total: 200, percent: 25, secondsLeft: 15 })
})

test('a schema that the registry refuses is one line until it is taken', () => {
  const { observer, lines } = logged()
  const error = new RegistryRefused('POST', 409, 'incompatible')
  for (const refused of [null, error, error, null, null]) observer.schemaRefused(LISTINGS.name, refused)
  expect(lines).toMatchObject([
    { level: 'error', resource: 'listings', err: { code: 'REGISTRY_REFUSED' } },
    { level: 'info', resource: 'listings' },
  ])
})

test('a clock that differs is told once, and again when it differs by minutes more or no more (R4)', () => {
  const { observer, lines } = logged()
  const minute = 60_000
  for (const ahead of [0, 30_000, -40, 31.5 * minute, 32 * minute, 40 * minute, -3 * minute, 20_000, 0]) {
    observer.clockCompared(LISTINGS.name, ahead)
  }
  expect(lines).toMatchObject([
    { level: 'warn', aheadMs: 31.5 * minute, msg: expect.stringContaining('held back') },
    { level: 'warn', aheadMs: 40 * minute },
    { level: 'warn', aheadMs: -3 * minute, msg: expect.stringContaining('ahead of the API') },
    { level: 'info', aheadMs: 20_000 },
  ])
})

test('observers() tells each of them everything, in order', () => {
  const told: string[] = []
  const named = (name: string): Observer => ({
    pageCommitted: ({ page }) => void told.push(`${name} page ${page}`),
    passStarted: (_, resumed) => void told.push(`${name} started ${resumed}`),
    passEnded: (_, detail) => void told.push(`${name} ended ${detail}`),
    sweepJudged: (_, verdict, doubt) => void told.push(`${name} sweep ${verdict} ${doubt}`),
    pausesChanged: (pauses) => void told.push(`${name} paused ${pauses.length}`),
    watermarkMoved: (resource) => void told.push(`${name} watermark ${resource}`),
    changesArrived: (_, delays) => void told.push(`${name} arrived ${delays.join()}`),
    overlapReviewed: (_, { overlap }) => void told.push(`${name} overlap ${overlap}`),
    reconcilePutOff: (_, { code }) => void told.push(`${name} put off ${code}`),
    clockCompared: (_, ahead) => void told.push(`${name} clock ${ahead}`),
    pageWalked: ({ page }) => void told.push(`${name} walked ${page}`),
    dryRunEnded: (_, deletes) => void told.push(`${name} dry ${deletes}`),
    passRecovered: ({ pass }) => void told.push(`${name} recovered ${pass}`),
    schemaRefused: (resource) => void told.push(`${name} schema ${resource}`),
    setsOwed: (_, owed) => void told.push(`${name} owed ${owed}`),
    setsRefused: (_, mlsId) => void told.push(`${name} refused ${mlsId}`),
  })
  const both = observers(named('a'), named('b'))
  both.passStarted(progressOf(), true)
  both.pageCommitted(progressOf({ page: 7 }), pageOf([]))
  both.passEnded(progressOf(), 'why')
  both.sweepJudged(progressOf(), 'inconclusive', 'short_count')
  both.watermarkMoved(LISTINGS.name, progressOf().startedAt)
  both.pausesChanged([])
  both.changesArrived(LISTINGS.name, [1, 2])
  both.overlapReviewed(LISTINGS.name, { overlap: 9, setting: 9, lateness: null, isLate: false })
  both.reconcilePutOff(LISTINGS.name, new ListingstreamError('no', { code: 'X', retryable: true }))
  both.clockCompared(LISTINGS.name, 5)
  both.schemaRefused(LISTINGS.name, null)
  both.setsOwed(LISTINGS.name, 3, 0)
  both.setsRefused(LISTINGS.name, 'mls-1', null)
  both.pageWalked(progressOf({ page: 8 }))
  both.dryRunEnded(progressOf(), 4, null)
  both.passRecovered(progressOf(), undefined, undefined)
  const each = [
    'started true',
    'page 7',
    'ended why',
    'sweep inconclusive short_count',
    'watermark listings',
    'paused 0',
    'arrived 1,2',
    'overlap 9',
    'put off X',
    'clock 5',
    'schema listings',
    'owed 3',
    'refused mls-1',
    'walked 8',
    'dry 4',
    'recovered update',
  ]
  expect(told).toEqual(each.flatMap((event) => [`a ${event}`, `b ${event}`]))
})
