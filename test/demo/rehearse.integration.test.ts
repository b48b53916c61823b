import { expect, test } from 'vitest'

import { rehearse } from '../../src/demo/rehearse.ts'
import { openStage } from '../../src/demo/stage.ts'
import { plainSteps } from '../../src/ops/steps.ts'
import { summarize } from '../../src/demo/summary.ts'
import { testStack, uniqueTopicPrefix } from '../fixtures/test-stack.ts'

test('after all passes, through faults and changes, the topic says what the source says, once and in order (R1, R5, R9, R12, R13)', async () => {
  const feed = { ...testStack(), topicPrefix: uniqueTopicPrefix() }
  const lines: string[] = []
  await using stage = await openStage({ feed, listings: 200, seed: 7 })
  const result = await rehearse(
    stage,
    plainSteps((line) => lines.push(line)),
    AbortSignal.timeout(110_000),
  )
  const { text, equal } = summarize(result)
  expect(equal, text).toBe(true)
  expect(result.replay.counts.get('SNAPSHOT')).toBe(200)
  expect(result.replay.counts.get('ListingDeleted')).toBeGreaterThan(0)
  expect(result.comparison.listings).toBeGreaterThan(190)
  expect(lines.at(-1)).toMatch(/^✔ Comparing it with the source/)
}, 120_000)
