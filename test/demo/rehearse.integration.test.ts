import { expect, test } from 'vitest'

import { rehearse } from '../../src/demo/rehearse.ts'
import { openStage } from '../../src/demo/stage.ts'
import { plainSteps } from '../../src/ops/steps.ts'
import { summarize } from '../../src/demo/summary.ts'
import { ACCOUNTS } from '../../src/resources/accounts.ts'
import { LISTING_SETS } from '../../src/resources/listing-sets.ts'
import { LISTINGS } from '../../src/resources/listings.ts'
import { testStack, uniqueTopicPrefix } from '../fixtures/test-stack.ts'

const [PHOTOS] = LISTING_SETS

test('after all passes, through faults and changes, the topics say what the source says, once and in order (R1, R5, R9, R12, R13)', async () => {
  const feed = { ...testStack(), topicPrefix: uniqueTopicPrefix() }
  const resources = [{ ...LISTINGS, subresources: [PHOTOS] }, ACCOUNTS]
  const lines: string[] = []
  await using stage = await openStage({ feed, resources, listings: 200, seed: 7 })
  const result = await rehearse(
    stage,
    plainSteps((line) => lines.push(line)),
    AbortSignal.timeout(110_000),
  )
  const { text, equal } = summarize(result)
  expect(equal, text).toBe(true)
  const [listings, photos, accounts] = result.topics
  expect(listings?.replay.counts.get('SNAPSHOT')).toBe(200)
  for (const topic of [listings, photos, accounts]) {
    expect(topic?.replay.counts.get('tombstone')).toBeGreaterThan(0)
    expect(topic?.replay.counts.get('RESTORED')).toBeGreaterThan(0)
  }
  expect(listings?.comparison.records).toBeGreaterThan(190)
  expect(photos?.comparison.parts).toBeGreaterThan(2000)
  expect(lines.at(-1)).toMatch(/^✔ Comparing them with the source/)
}, 120_000)
