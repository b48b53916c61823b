import { expect, test } from 'vitest'

import { instant } from '../../src/domain/instant.ts'
import { commitPauses } from '../../src/replication/commit-pauses.ts'
import { FeedRunner, PLAIN_PASS } from '../../src/replication/feed-runner.ts'
import { LISTINGS } from '../../src/resources/listings.ts'
import { assembleFeed, CollectingObserver } from '../fixtures/memory-feed.ts'
import { ManualClock } from '../fixtures/manual-clock.ts'
import { MemoryKeyIndex } from '../fixtures/memory-key-index.ts'
import { MemoryPublisher } from '../fixtures/memory-publisher.ts'
import { SERVER_TIME, sourceRecord } from '../fixtures/scripted-source.ts'
import { SteerableSource } from '../fixtures/steerable-source.ts'

const NEVER = new AbortController().signal

test('what is committed beside a checkpoint is no page of a pass that has ended', async () => {
  const clock = new ManualClock(SERVER_TIME)
  const publisher = new MemoryPublisher()
  const source = new SteerableSource([sourceRecord('1')], () => clock.now())
  const observer = new CollectingObserver()
  const parts = { source, publisher, topics: publisher, index: new MemoryKeyIndex(), clock, observer }
  const runner = new FeedRunner(assembleFeed(parts))
  await runner.run(LISTINGS, 'snapshot', PLAIN_PASS, NEVER)
  const pages = observer.pages.length
  const { transactions } = publisher
  const before = transactions.length
  const pause = { resource: null, since: instant(SERVER_TIME), until: null }
  expect(await commitPauses(runner.feed, () => [pause], NEVER)).toEqual([pause])
  expect(transactions.length).toBe(before + 1)
  expect(observer.pages).toHaveLength(pages)
})
