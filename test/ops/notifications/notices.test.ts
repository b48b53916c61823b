import { beforeEach, describe, expect, test } from 'vitest'

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
  expect(told[1]?.recovers).toEqual({ id: 'n-1', kind: 'failed', resource: 'listings', pass: 'update' })
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
  expect(told).toMatchObject([{ kind: 'recovered', recovers: { id: null, kind: 'held', pass: 'purge' } }])
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
  expect(told[1]?.recovers).toMatchObject({ id: 'n-1', kind: 'degraded' })
})

describe('after a start', () => {
  const READY = { ready: true, reasons: [] }

  function noted(fields: Partial<FeedNotification>): FeedNotification {
    const of = { resource: LISTINGS.name, pass: 'update' } as const
    const rest = { code: null, message: 'It is so.', at: instant(time - MINUTE), recovers: null }
    return { id: 'old', kind: 'failed', ...of, ...rest, ...fields }
  }

  test('the end is told of what an earlier process told of: failures, and a feed that was not ready', () => {
    notices.begin()
    notices.recall([
      noted({}),
      noted({ id: 'down', kind: 'degraded', resource: null, pass: null }),
      noted({ id: 'held', kind: 'held', pass: 'purge' }),
    ])
    for (let failures = 1; failures <= 3; failures += 1) notices.parked(LISTINGS, 'update', OUTAGE)
    expect(told).toEqual([])
    notices.look(READY)
    notices.observer.passEnded(progressOf({ pass: 'update', state: 'completed' }), null)
    notices.observer.passEnded(progressOf({ pass: 'purge', state: 'completed' }), null)
    expect(told.map(({ kind, recovers }) => [kind, recovers?.kind, recovers?.id])).toEqual([
      ['recovered', 'degraded', 'down'],
      ['recovered', 'failed', 'old'],
      ['recovered', 'held', 'held'],
    ])
  })

  test('what was over is not told again, also where an earlier version did not say what', () => {
    notices.recall([
      noted({}),
      noted({
        id: 'b',
        kind: 'recovered',
        recovers: { id: 'old', kind: 'failed', resource: LISTINGS.name, pass: 'update' },
      }),
      noted({ id: 'c', kind: 'held', pass: 'purge' }),
      noted({ id: 'd', kind: 'recovered', pass: 'purge' }),
      noted({ id: 'e', kind: 'degraded' }),
      noted({ id: 'f', kind: 'recovered', resource: null, pass: null }),
    ])
    notices.look(READY)
    notices.resumed(LISTINGS, 'update')
    notices.resumed(LISTINGS, 'purge')
    expect(told).toEqual([])
  })

  test('what ended while no process looked is told at once: a hold that was decided, a pass that a command completed', () => {
    notices.observer.passRecovered(
      progressOf({ pass: 'purge', state: 'rejected' }),
      instant(time - 9 * MINUTE),
      undefined,
    )
    notices.observer.passRecovered(
      progressOf({ pass: 'update', state: 'completed' }),
      instant(time),
      undefined,
    )
    notices.recall([noted({ id: 'held', kind: 'held', pass: 'purge' }), noted({})])
    expect(told.map(({ recovers }) => recovers?.id)).toEqual(['held', 'old'])
    notices.observer.passEnded(progressOf({ pass: 'update', state: 'completed' }), null)
    expect(told).toHaveLength(2)
  })

  test('a hold that stands is over under the id that told of it first', () => {
    notices.observer.passRecovered(progressOf({ pass: 'purge', state: 'held' }), undefined, 'many')
    notices.recall([noted({ id: 'first', kind: 'held', pass: 'purge' })])
    notices.observer.passEnded(progressOf({ pass: 'purge', state: 'held' }), 'still many')
    notices.observer.passEnded(progressOf({ pass: 'purge', state: 'completed' }), null)
    expect(kinds()).toEqual(['held', 'recovered'])
    expect(told[1]?.recovers?.id).toBe('first')
  })
})
