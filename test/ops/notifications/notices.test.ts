import { beforeEach, expect, test } from 'vitest'

import { instant } from '../../../src/domain/instant.ts'
import type { FeedNotification } from '../../../src/domain/notification.ts'
import { Notices } from '../../../src/ops/notifications/notices.ts'
import { LISTINGS } from '../../../src/resources/listings.ts'
import { ListingstreamError } from '../../../src/support/errors.ts'
import { progressOf } from '../../fixtures/pass-progress.ts'

const OUTAGE = new ListingstreamError('The API is down.', { code: 'SPARK_UNAVAILABLE', retryable: true })
const MINUTE = 60_000

let time: number
let told: FeedNotification[]
let notices: Notices

beforeEach(() => {
  time = Date.UTC(2026, 4, 2)
  told = []
  let ids = 0
  notices = new Notices({
    now: () => instant(time),
    newId: () => `n-${(ids += 1)}`,
    tell: (one) => told.push(one),
  })
})

function kinds(): readonly string[] {
  return told.map(({ kind }) => kind)
}

test('a pass that fails three times in a row is told once, and that it succeeds again', () => {
  for (let failures = 1; failures <= 2; failures += 1) notices.parked(LISTINGS, 'update', OUTAGE)
  expect(told).toEqual([])
  for (let failures = 3; failures <= 9; failures += 1) notices.parked(LISTINGS, 'update', OUTAGE)
  expect(told).toMatchObject([
    {
      id: 'n-1',
      kind: 'failed',
      resource: 'listings',
      pass: 'update',
      code: 'SPARK_UNAVAILABLE',
      message: expect.stringContaining('The API is down.'),
    },
  ])
  notices.resumed(LISTINGS, 'update')
  notices.observer.passEnded(progressOf({ state: 'completed' }), null)
  expect(kinds()).toEqual(['failed', 'recovered'])
})

test('failures count only in a row, and each track by itself', () => {
  for (let i = 0; i < 4; i += 1) {
    notices.parked(LISTINGS, 'update', OUTAGE)
    notices.parked(LISTINGS, 'update', OUTAGE)
    notices.observer.passEnded(progressOf({ pass: 'update', state: 'completed' }), null)
    notices.parked(LISTINGS, i % 2 === 0 ? 'purge' : 'snapshot', OUTAGE)
  }
  expect(told).toEqual([])
})

test('what the guard holds is told with its reason; the next verdict ends it (R10)', () => {
  notices.observer.passEnded(progressOf({ pass: 'purge', state: 'held' }), '30 deletes are too many')
  notices.observer.passEnded(progressOf({ pass: 'purge', state: 'failed' }), 'no answer')
  expect(told).toMatchObject([
    { kind: 'held', pass: 'purge', message: expect.stringContaining('30 deletes are too many') },
  ])
  notices.observer.passEnded(progressOf({ pass: 'purge', state: 'rejected' }), null)
  expect(kinds()).toEqual(['held', 'recovered'])
})

test('a hold of an earlier process is not told again, but its end is', () => {
  notices.observer.passRecovered(progressOf({ pass: 'purge', state: 'held' }), undefined, 'many')
  expect(told).toEqual([])
  notices.observer.passEnded(progressOf({ pass: 'purge', state: 'completed' }), null)
  expect(kinds()).toEqual(['recovered'])
})

test('a feed is degraded once it has not been ready for a minute, and recovers when it is', () => {
  const reason = {
    code: 'KAFKA_UNREACHABLE',
    message: 'Kafka is down.',
    resource: null,
    pass: null,
    service: null,
    since: instant(time),
    retryAt: null,
  }
  const look = (ready: boolean): void => notices.look({ ready, reasons: ready ? [] : [reason] })
  look(false)
  time += MINUTE - 1
  look(false)
  look(true)
  look(false)
  time += MINUTE - 1
  look(false)
  expect(told).toEqual([])
  time += 1
  look(false)
  look(false)
  expect(told).toMatchObject([
    {
      kind: 'degraded',
      resource: null,
      code: 'KAFKA_UNREACHABLE',
      message: expect.stringContaining('Kafka is down.'),
    },
  ])
  look(true)
  look(true)
  expect(kinds()).toEqual(['degraded', 'recovered'])
})
