import { expect, test, vi } from 'vitest'

import { pageFeed } from '../../../src/app/daemon/page-feed.ts'
import { instant } from '../../../src/domain/instant.ts'
import { Health } from '../../../src/ops/health.ts'
import { Metrics } from '../../../src/ops/metrics.ts'
import { FeedHistory } from '../../../src/ops/page/feed-history.ts'
import { WalkTotals } from '../../../src/ops/walk-totals.ts'
import type { OpenFeed } from '../../../src/app/compose/open-feed.ts'

const never = new AbortController().signal
const now = () => instant(0)

function pageOf(open: () => OpenFeed | undefined, history = new FeedHistory(now)) {
  const around = {
    health: new Health(now),
    metrics: new Metrics(),
    totals: new WalkTotals(),
  }
  const schedule = {
    updateIntervalMs: 1,
    purgeIntervalMs: 1,
    fullWalkIntervalMs: 1,
    mediaFullIntervalMs: 1,
    reconcileIntervalMs: 1,
  }
  const supervised = { prefix: 'spark', schedule, startedAt: now(), around, budget: () => null }
  const closed = () => ({ prefix: 'spark', health: around.health.report() })
  return pageFeed({ supervised, open, closed, history, groups: () => ({ at: null, groups: [] }) })
}

test('while the feed is not open there is only what it waits for, and what needs it is refused as not ready', async () => {
  const page = pageOf(() => undefined)
  expect(await page.glance(never)).toMatchObject({ prefix: 'spark', health: { ready: false } })
  await expect(page.deadLetters(never)).rejects.toMatchObject({ code: 'NOT_READY', retryable: true })
  page.recall(never)
  expect(page.history.isRecalled).toBe(false)
})

test('nobody waits for what the topics say of the time before; a broker that fails is asked again', async () => {
  const answers = [Promise.withResolvers<[]>(), Promise.withResolvers<[]>()]
  let asked = 0
  // Nothing else of it is asked for.
  const feed = { lastMarkers: () => answers[(asked += 1) - 1]?.promise } as unknown as OpenFeed
  const page = pageOf(() => feed)
  page.recall(never)
  page.recall(never)
  expect(asked).toBe(1)
  answers[0]?.reject(new Error('the broker does not answer'))
  await vi.waitUntil(() => {
    page.recall(never)
    return asked === 2
  })
  expect(page.history.isRecalled).toBe(false)
  answers[1]?.resolve([])
  await vi.waitUntil(() => page.history.isRecalled)
})
