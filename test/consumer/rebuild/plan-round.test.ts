import { describe, expect, test } from 'vitest'

import { requirePublished, type FeedView } from '../../../src/consumer/rebuild/feed-view.ts'
import { planRound, type Held } from '../../../src/consumer/rebuild/plan-round.ts'
import type { Round } from '../../../src/consumer/rebuild/store.ts'
import { instant } from '../../../src/domain/instant.ts'
import { ACCOUNTS } from '../../../src/resources/accounts.ts'
import { CONTACTS } from '../../../src/resources/contacts.ts'
import { LISTINGS } from '../../../src/resources/listings.ts'

const DAY_MS = 86_400_000
const NOW = instant(1_760_000_000_000)
const FEED = { prefix: 'spark', clusterId: 'c', generation: 2 }
const BOTH = [LISTINGS.name, ACCOUNTS.name]
const VIEW: FeedView = {
  feed: FEED,
  resources: [LISTINGS, ACCOUNTS],
  starts: { listings: [3, 0], accounts: [0, 0] },
  ends: { listings: [100, 90], accounts: [10, 9] },
  deleteRetention: 7 * DAY_MS,
}
const VISIBLE: NonNullable<Held['visible']> = {
  feed: FEED,
  offsets: { listings: [50, 60], accounts: [10, 2] },
  pinnedAt: instant(NOW - DAY_MS),
  resources: BOTH,
}

function plan(held: Partial<Held>, chosen: Parameters<typeof planRound>[2] = null, view = VIEW) {
  return planRound({ visible: null, staged: null, ...held }, view, chosen, NOW)
}

function staged(kind: Round['kind'], change: Partial<Round> = {}): NonNullable<Held['staged']> {
  const ends = { listings: [80, 80], accounts: [9, 9] }
  const round: Round = { kind, feed: FEED, ends, pinnedAt: instant(NOW - DAY_MS), ...change }
  return { round, resources: BOTH, reached: { listings: [70, 75], accounts: [1, 9] } }
}

describe('the next round of a store', () => {
  test('reads all topics from where they begin, up to a state of all of them, if the store is empty', () => {
    expect(plan({})).toMatchObject({
      round: { kind: 'replay', feed: FEED, ends: VIEW.ends, pinnedAt: NOW },
      resources: BOTH,
      from: VIEW.starts,
      isResumed: false,
      reason: 'first fill',
    })
  })

  test('goes on where the last one ended', () => {
    expect(plan({ visible: VISIBLE })).toMatchObject({
      round: { kind: 'catch-up', ends: VIEW.ends },
      from: VISIBLE.offsets,
      reason: null,
    })
  })

  test.each([
    ['another generation of the feed', { feed: { ...FEED, generation: 1 } }],
    ['other resources', { resources: [LISTINGS.name] }],
    ['the topics were made anew', { offsets: { listings: [101, 0], accounts: [0, 0] } }],
    ['away for too long', { pinnedAt: instant(NOW - 3.5 * DAY_MS - 1) }],
  ])('fills the store anew: %s', (reason, change) => {
    expect(plan({ visible: { ...VISIBLE, ...change } })).toMatchObject({
      round: { kind: 'replay' },
      from: VIEW.starts,
      reason,
    })
  })

  test('is a catch-up after half of delete.retention.ms, not longer: tombstones are there as long (R2)', () => {
    const pinnedAt = instant(NOW - 3.5 * DAY_MS)
    expect(plan({ visible: { ...VISIBLE, pinnedAt } }).round.kind).toBe('catch-up')
  })

  test('keeps the tables that the store has, whatever else is asked for', () => {
    const visible = { ...VISIBLE, resources: [ACCOUNTS.name] }
    expect(plan({ visible }, [LISTINGS.name]).resources).toEqual(BOTH)
    expect(plan({}, [LISTINGS.name])).toMatchObject({
      resources: [LISTINGS.name],
      from: { listings: [3, 0] },
    })
  })

  test('is the one that was interrupted, to the ends that were pinned then', () => {
    expect(plan({ staged: staged('replay') })).toMatchObject({
      round: staged('replay').round,
      from: staged('replay').reached,
      isResumed: true,
    })
    expect(plan({ visible: VISIBLE, staged: staged('catch-up') }).isResumed).toBe(true)
  })

  test.each([
    ['another generation has begun', staged('replay', { feed: { ...FEED, generation: 1 } })],
    ['it was begun too long ago', staged('replay', { pinnedAt: instant(NOW - 4 * DAY_MS) })],
    ['its ends lie beyond the topics', staged('replay', { ends: { listings: [80, 91], accounts: [9, 9] } })],
    ['it is of other resources', { ...staged('replay'), resources: [LISTINGS.name] }],
    ['only a catch-up was interrupted', staged('catch-up')],
  ])('begins anew where the interrupted one is of no use: %s', (_why, other) => {
    expect(plan({ staged: other })).toMatchObject({ isResumed: false, from: VIEW.starts })
  })

  test.each([
    ['prefix', { ...FEED, prefix: 'other' }],
    ['cluster', { ...FEED, clusterId: 'other' }],
  ])('is refused for a store of another %s', (_what, feed) => {
    const foreign = expect.objectContaining({ code: 'STORE_FOREIGN' })
    expect(() => plan({ visible: { ...VISIBLE, feed } })).toThrow(foreign)
    expect(() => plan({ staged: staged('replay', { feed }) })).toThrow(foreign)
  })
})

test('a resource that is named and not published is refused by its name, with what there is', () => {
  expect(() => requirePublished(null, VIEW)).not.toThrow()
  expect(() => requirePublished(BOTH, VIEW)).not.toThrow()
  for (const chosen of [[CONTACTS.name], [LISTINGS.name, CONTACTS.name]]) {
    expect(() => requirePublished(chosen, { ...VIEW, resources: [LISTINGS, ACCOUNTS] })).toThrow(
      expect.objectContaining({
        code: 'RESOURCE_NOT_PUBLISHED',
        message: expect.stringContaining('does not publish contacts. It has: listings, accounts.'),
      }),
    )
  }
})
