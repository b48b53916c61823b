import { expect, test } from 'vitest'

import { unsendable } from '../../page/header-text.js'
import { nextPass } from '../../page/next-pass.js'
import { outcomeOf } from '../../page/outcome.js'
import { kindOf, titleOf } from '../../page/overview.js'
import { timeLeft } from '../../page/pace.js'
import type { FeedBrief, OpenStatus, Status } from '../../page/types.d.ts'
import { figuresOf, verdictOf } from '../../page/verdict.js'
import { parsePassReport } from '../../src/app/passes/pass-report.ts'
import { FEED_STATUS } from '../../src/app/reports/feed-status.ts'
import { instant } from '../../src/domain/instant.ts'
import { Health, type HealthReport } from '../../src/ops/health.ts'

const NOW = Date.parse('2026-05-02T12:00:00Z')
const HEALTH: HealthReport = { ...new Health(() => instant(NOW)).report(), ready: true, reasons: [] }

function statusOf(changes: Partial<OpenStatus> = {}, health: Partial<HealthReport> = {}): Status {
  const watermarks = { listings: '2026-05-02T11:59:50Z' }
  const parsed = FEED_STATUS.parse({ prefix: 'spark', watermarks, deadLetters: { count: 0, why: null } })
  return { ...parsed, ...changes, health: { ...HEALTH, ...health } }
}

function briefOf(changes: Partial<FeedBrief> = {}): FeedBrief {
  return {
    prefix: 'spark',
    state: 'running',
    ready: true,
    reasons: [],
    held: 0,
    deadLetters: 0,
    behindSeconds: 1,
    eventsOfHour: 0,
    running: [],
    ...changes,
  }
}

test('all is trusted where nothing is owed', () => {
  expect(verdictOf(statusOf(), NOW)).toEqual({
    kind: 'good',
    title: 'Subscribers can trust the topics',
    text: 'All that changed at the source until 10 s ago is published: every change once, in order.',
    remarks: [],
  })
})

test.each([
  [1, '1 record', 'dead letter'],
  [1_200, '1,200 records', 'dead letters'],
])(
  '%d dead letters that wait are a warning: that many records could not be published',
  (count, told, name) => {
    const status = statusOf({ deadLetters: { count, why: null } })
    const { kind, title, text, remarks } = verdictOf(status, NOW)
    expect(kind).toBe('warn')
    expect(title).toBe(`Subscribers can trust the topics, but for ${told} that could not be published`)
    expect(text).toContain('is published, but for what could not be published')
    expect(remarks).toMatchObject([{ kind: 'warn', title: `${told} could not be published` }])
    expect(figuresOf(status, NOW, 0).at(-1)?.name).toBe(name)
  },
)

test('the overview does not call a feed in step for which records wait that could not be published', () => {
  const feeds = [briefOf(), briefOf({ prefix: 'west', deadLetters: 1 })]
  expect(feeds.map(kindOf)).toEqual(['good', 'warn'])
  expect(titleOf(feeds)).toBe(
    'Subscribers can trust all 2 feeds, but for 1 record that could not be published',
  )
  expect(titleOf([briefOf(), briefOf({ held: 1 })])).toBe(
    'Subscribers can trust all 2 feeds, but somebody should look',
  )
  expect(titleOf([briefOf({ deadLetters: null }), briefOf()])).toBe('Subscribers can trust all 2 feeds')
  expect(titleOf([briefOf(), briefOf({ ready: false })])).toBe('1 of 2 feeds are in step with their source')
})

test('in a group the overview speaks of the feeds of this instance alone', () => {
  const away = [1, 2].map((n) => briefOf({ prefix: `away-${n}`, state: 'elsewhere', ready: false }))
  expect(titleOf([briefOf(), ...away])).toBe('Subscribers can trust 1 feed here; 2 at other instances')
  expect(titleOf([briefOf({ deadLetters: 3 }), ...away])).toBe(
    'Subscribers can trust 1 feed here, but for 3 records that could not be published; 2 at other instances',
  )
  expect(titleOf([briefOf({ ready: false }), ...away])).toBe(
    '0 of 1 feed here is in step with its source; 2 at other instances',
  )
  expect(titleOf(away)).toBe('No feed here; 2 at other instances')
})

test('what comes next is the earliest pass that has a time of its own', () => {
  const base = { state: 'completed', startedAt: '2026-05-02T11:00:00Z', walked: 1 }
  const { passes } = FEED_STATUS.parse({
    prefix: 'spark',
    passes: [
      { ...base, resource: 'listings', pass: 'snapshot' },
      { ...base, resource: 'listings', pass: 'update', nextAt: '2026-05-02T12:05:00Z' },
    ],
  })
  const firstPurgeAt = { listings: '2026-05-02T12:01:00Z' }
  expect(nextPass({ passes, firstPurgeAt: {} })).toMatchObject({ pass: 'update', resource: 'listings' })
  expect(nextPass({ passes, firstPurgeAt })).toMatchObject({ pass: 'purge' })
  expect(nextPass({ passes: passes.slice(0, 1), firstPurgeAt: {} })).toBeNull()
})

test('a token that no header can carry is told as such, and not repeated', () => {
  expect(unsendable('token-of-the-operator')).toBeNull()
  expect(unsendable('Zürich-0123456789')).toBeNull()
  expect(unsendable('')).toBeNull()
  for (const token of ['token-…', 'token-\u200b', 'two words', 'token-\u0007']) {
    const told = unsendable(token)
    expect(told).toMatch(/copied as it is/)
    expect(told).not.toContain(token)
  }
})

test('what became of a pass is one sentence', () => {
  const report = parsePassReport({
    resource: 'listings',
    pass: 'purge',
    passId: 'pass-1',
    state: 'completed',
    startedAt: '2026-05-02T12:00:00Z',
    pages: 1,
    walked: 200,
    counts: {},
    purge: {
      dryRun: false,
      gone: 153,
      missed: 0,
      emitted: 153,
      held: 0,
      refuted: 0,
      inconclusive: 0,
      heldBecause: null,
    },
  })
  expect(outcomeOf(report)).toBe('The purge of listings completed: 153 deleted.')
  const purge = { ...report.purge, emitted: 0, held: 153, heldBecause: 'more than 10 % would go' }
  expect(outcomeOf(parsePassReport({ ...report, state: 'held', purge }))).toBe(
    'The purge of listings is held: 153 deletes held. Why: more than 10 % would go.',
  )
  expect(outcomeOf({ ...report, pass: 'update', purge: null, counts: { dead_lettered: 1 } })).toBe(
    'The update of listings completed: 1 that could not be published.',
  )
})

test('a pass at a standstill has no time left', () => {
  expect([timeLeft(0, 33), timeLeft(0.4, 33), timeLeft(12, 33), timeLeft(null, 33)]).toEqual([
    null,
    null,
    33,
    33,
  ])
})
