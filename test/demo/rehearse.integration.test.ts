import { afterAll, beforeAll, expect, test } from 'vitest'

import { compareTopic } from '../../src/demo/compare-topic.ts'
import { rehearse } from '../../src/demo/rehearse.ts'
import { openStage, type Stage } from '../../src/demo/stage.ts'
import { topicOf } from '../../src/demo/subscriber.ts'
import { summarize } from '../../src/demo/summary.ts'
import { TopicReplay } from '../../src/demo/topic-replay.ts'
import { plainSteps } from '../../src/ops/steps.ts'
import { ACCOUNTS } from '../../src/resources/accounts.ts'
import { LISTING_SETS } from '../../src/resources/listing-sets.ts'
import { LISTINGS } from '../../src/resources/listings.ts'
import { printedEvents, pythonMissing, runPython } from '../fixtures/python.ts'
import { testStack, uniqueTopicPrefix } from '../fixtures/test-stack.ts'
import { committedEvents } from '../fixtures/topic-events.ts'

const [PHOTOS] = LISTING_SETS

let stage: Stage

beforeAll(async () => {
  const feed = { ...testStack(), topicPrefix: uniqueTopicPrefix() }
  const resources = [{ ...LISTINGS, subresources: [PHOTOS] }, ACCOUNTS]
  stage = await openStage({ feed, resources, listings: 200, seed: 7 })
})

afterAll(() => stage[Symbol.asyncDispose]())

test('after all passes, through faults and changes, the topics say what the source says, once and in order (R1, R5, R9, R12, R13)', async () => {
  const lines: string[] = []
  const result = await rehearse(
    stage,
    plainSteps((line) => lines.push(line)),
    AbortSignal.timeout(170_000),
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
  expect(lines.at(-1)).toMatch(/^✔ Waiting for a subscriber/)
  expect(result.reading.lag.behind).toBe(0)
}, 180_000)

test('a client in Python, with nothing of ours, reads every event of these topics, and has the state of the source (R13)', async (context) => {
  const signal = AbortSignal.timeout(170_000)
  const missing = await pythonMissing(signal)
  if (missing !== undefined) return context.skip(missing)
  const { feed, replicated, simulator } = stage
  const names = replicated.map(({ name }) => name)
  const output = await runPython('print_events.py', ['--until-end', ...names], feed, signal)
  for (const resource of replicated) {
    const read = printedEvents(output, topicOf(feed, resource))
    expect(read).toEqual(JSON.parse(JSON.stringify(await committedEvents(topicOf(feed, resource), signal))))
    const replay = new TopicReplay(resource)
    for (const { type, value, ...event } of read) {
      const decoded = value === null ? null : { name: type, value }
      replay.add({ ...event, digest: event.eventId, decoded })
    }
    replay.finish()
    expect([...replay.duplicates, ...replay.disorder]).toEqual([])
    const { records, differences } = compareTopic(simulator, resource, replay.latest)
    expect(differences).toEqual([])
    expect(records).toBe(replay.latest.size)
  }
}, 180_000)
