import { expect, test } from 'vitest'

import { retryLetters } from '../../../src/app/passes/retry-letters.ts'
import type { OpenFeed } from '../../../src/app/compose/open-feed.ts'
import { FeedRunner } from '../../../src/replication/feed-runner.ts'
import { LISTINGS } from '../../../src/resources/listings.ts'
import { feedAfterSnapshot } from '../../fixtures/memory-feed.ts'
import { sourceRecord } from '../../fixtures/scripted-source.ts'

test('keys of which no letter waits begin no pass: they are named, and asked for nothing', async () => {
  const { feed, source } = await feedAfterSnapshot([sourceRecord('1')], {})
  const open: Pick<OpenFeed, 'openLetters' | 'runner'> = {
    openLetters: async () => [],
    runner: new FeedRunner(feed),
  }
  const never = new AbortController().signal
  await expect(retryLetters(open, LISTINGS, 'update', ['nosuch', 'nor this'], never)).rejects.toMatchObject({
    code: 'NO_DEAD_LETTER',
    exitCode: 1,
    message: expect.stringContaining('nosuch, nor this'),
  })
  expect(source.asked).toEqual([])
})
