import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { NO_DELETES, NO_OUTCOMES, passId, type OutcomeCounts } from '../../src/domain/pass.ts'
import {
  afterPage,
  begun,
  ended,
  restarted,
  sum,
  total,
  withDeletes,
} from '../../src/replication/progress.ts'
import { SERVER_TIME } from '../fixtures/scripted-source.ts'
import { LISTINGS } from '../../src/resources/listings.ts'

const first = begun({
  resource: LISTINGS.name,
  pass: 'update',
  passId: passId('update-1'),
  initial: false,
  startedAt: SERVER_TIME,
  filter: 'ModificationTimestamp Gt 2026-05-02T13:00:00Z',
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
const counts = { published: 1, unchanged: 2, stale: 3, dead_lettered: 4 }
const added = { walked: 7, inRange: 5, counts }

describe('the progress of a pass', () => {
  test('begins at the empty token, with nothing read', () => {
    expect(first).toMatchObject({ state: 'running', token: '', page: 0, walked: 0, counts: NO_OUTCOMES })
    expect(first).toMatchObject({ walkEnded: false, walkedInRange: 0, deletes: NO_DELETES })
  })
  test('goes on at the next token, and adds up what the pages brought', () => {
    const second = afterPage(first, { token: '', nextToken: 'a' }, added)
    expect(second).toMatchObject({ token: 'a', walkEnded: false, page: 1, walked: 7, walkedInRange: 5 })
    const third = afterPage(second, { token: 'a', nextToken: 'b' }, added)
    expect(third).toMatchObject({ token: 'b', page: 2, walked: 14, walkedInRange: 10 })
    expect(third.counts).toEqual({ published: 2, unchanged: 4, stale: 6, dead_lettered: 8 })
  })
  test('keeps the token that brought the last page, so that a resumed pass sees the end again (R7)', () => {
    const last = afterPage(first, { token: 'z', nextToken: null }, added)
    expect(last).toMatchObject({ token: 'z', walkEnded: true, state: 'running' })
  })
  test('a walk that begins anew keeps pass id, start and filter, and what was read stays counted (R7)', () => {
    const last = afterPage(first, { token: 'z', nextToken: null }, added)
    expect(restarted(last)).toEqual({ ...first, counts })
  })
  test('has no token once it has ended', () => {
    expect(ended(first, 'completed')).toEqual({ ...first, state: 'completed', token: null })
  })
  test('counts the fates of deletes apart', () => {
    const once = withDeletes(first, { emitted: 1, refuted: 2 })
    expect(withDeletes(once, { emitted: 3, held: 4, inconclusive: 5 }).deletes).toEqual({
      emitted: 4,
      held: 4,
      refuted: 2,
      inconclusive: 5,
      unconfirmed: 0,
    })
  })
  test('no outcome is lost in a sum (R11)', () => {
    const some = fc.nat({ max: 1_000_000 })
    const outcomes: fc.Arbitrary<OutcomeCounts> = fc.record({
      published: some,
      unchanged: some,
      stale: some,
      dead_lettered: some,
    })
    fc.assert(
      fc.property(outcomes, outcomes, (a, b) => {
        expect(total(sum(a, b))).toBe(total(a) + total(b))
        expect(sum(a, b)).toEqual(sum(b, a))
      }),
    )
  })
})
