import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { KafkaEpochError, KafkaError } from '../../src/kafka/errors.ts'
import { upsertOf } from '../fixtures/change.ts'
import { page } from './test-feed.ts'
import { lostAnswer, ScriptedKafka } from './scripted-kafka.ts'

const NEVER = new AbortController().signal
const refused = new KafkaError('no right', { code: 'KAFKA_UNAUTHORIZED' })
const outage = new KafkaError('away', { code: 'KAFKA_UNREACHABLE' })
const epoch = new KafkaEpochError('epoch', new Error('INVALID_PRODUCER_EPOCH'))
const upserts = (...keys: readonly string[]) => page(keys.map((key) => upsertOf(key)))
const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : error)

/** What an answer "no" must mean: nothing is visible, and the same page may be published by the same object. */
async function expectNothingTwice(kafka: ScriptedKafka, publisher: ReturnType<ScriptedKafka['publisher']>) {
  await publisher.commit(upserts('a'), NEVER).catch(() => undefined)
  await publisher.commit(upserts('b'), NEVER).catch(() => undefined)
  expect(kafka.keys()).toEqual([...new Set(kafka.keys())])
  expect(kafka.seqs()).toEqual([...new Set(kafka.seqs())])
}

describe('a commit in doubt that cannot be settled', () => {
  test.each<readonly [string, unknown]>([
    ['a missing right', refused],
    ['an unnamed error of the broker', new KafkaError('UNKNOWN', { code: 'KAFKA_REJECTED' })],
    ['a missing topic', new KafkaError('gone', { code: 'KAFKA_TOPIC_MISSING' })],
    ['a TypeError of the client', new TypeError('undefined is not a function')],
  ])('for %s ends in COMMIT_UNSETTLED, and nothing is published after it (R1, R3)', async (_, refusal) => {
    const kafka = new ScriptedKafka()
    await using publisher = kafka.publisher()
    kafka.commits.push({ visible: true, error: lostAnswer() })
    kafka.refusals.push(refusal)

    const failure = await publisher.commit(upserts('a'), NEVER).catch((error: unknown) => error)

    expect(failure).toMatchObject({ code: 'COMMIT_UNSETTLED', cause: refusal })
    await expectNothingTwice(kafka, publisher)
    expect(kafka.keys()).toEqual(['a'])
    await expect(publisher.commit(upserts('c'), NEVER)).rejects.toBe(failure)
  })

  test('stays in doubt when it is stopped meanwhile: the abort is told, and nothing is published after it (R1)', async () => {
    const kafka = new ScriptedKafka()
    const stop = new AbortController()
    await using publisher = kafka.publisher({ onDoubt: () => stop.abort(new Error('stop')) })
    kafka.commits.push({ visible: true, error: lostAnswer() })
    kafka.refusals.push(...Array.from({ length: 20 }, () => outage))
    await expect(publisher.commit(upserts('a'), stop.signal)).rejects.toThrow('stop')
    kafka.refusals.length = 0
    await expectNothingTwice(kafka, publisher)
    await expect(publisher.commit(upserts('a'), NEVER)).rejects.toMatchObject({ code: 'COMMIT_UNSETTLED' })
  })

  test('when the stop comes while the commit is under way (R1)', async () => {
    const kafka = new ScriptedKafka()
    const stop = new AbortController()
    await using publisher = kafka.publisher()
    // What the producer throws once the grace is over; the broker has the commit.
    const reason = new Error('stop')
    kafka.commits.push({ visible: true, error: reason })
    kafka.refusals.push(reason)
    kafka.onSend = () => stop.abort(reason)
    await expect(publisher.commit(upserts('a'), stop.signal)).rejects.toMatchObject({
      code: 'COMMIT_UNSETTLED',
    })
    await expectNothingTwice(kafka, publisher)
  })

  test('because another instance took the feed is FENCED, now and later (R3)', async () => {
    const kafka = new ScriptedKafka()
    await using publisher = kafka.publisher()
    kafka.commits.push({ visible: true, error: lostAnswer() })
    kafka.rival = true
    for (let n = 0; n < 3; n += 1) {
      await expect(publisher.commit(upserts('a'), NEVER)).rejects.toMatchObject({ code: 'FENCED' })
    }
    expect(kafka.seqs()).toEqual([1])
  })

  test('within the time given ends in COMMIT_UNSETTLED (R3)', async () => {
    const kafka = new ScriptedKafka()
    await using publisher = kafka.publisher({ settleWithinMs: 0 })
    kafka.commits.push({ visible: true, error: lostAnswer() })
    kafka.refusals.push(outage, outage, outage)
    await expect(publisher.commit(upserts('a'), NEVER)).rejects.toMatchObject({ code: 'COMMIT_UNSETTLED' })
    await expectNothingTwice(kafka, publisher)
  })
})

describe('a commit that succeeded', () => {
  test.each<readonly [string, unknown]>([
    ['a lost answer', lostAnswer()],
    ['an error that is no lost answer', new TypeError('of the client')],
    ['a refusal that came too late', refused],
  ])('is a receipt after %s, once the topics were read (R3)', async (_, error) => {
    const kafka = new ScriptedKafka()
    await using publisher = kafka.publisher()
    kafka.commits.push({ visible: true, error })
    expect(await publisher.commit(upserts('a'), NEVER)).toMatchObject({ seq: 1 })
    expect(await publisher.commit(upserts('b'), NEVER)).toMatchObject({ seq: 2 })
    expect(kafka.keys()).toEqual(['a', 'b'])
  })

  test('is not undone by a listener that throws (R1)', async () => {
    const kafka = new ScriptedKafka()
    const broken = (): void => {
      throw new TypeError('a bug of the metrics')
    }
    await using publisher = kafka.publisher({ onTransaction: broken, onDoubt: broken })
    expect(await publisher.commit(upserts('a'), NEVER)).toMatchObject({ seq: 1 })
    kafka.commits.push({ visible: true, error: lostAnswer() })
    kafka.refusals.push(outage)
    expect(await publisher.commit(upserts('b'), NEVER)).toMatchObject({ seq: 2 })
    expect(kafka.keys()).toEqual(['a', 'b'])
  })

  test('is not forgotten when the producer cannot be closed (R1)', async () => {
    const kafka = new ScriptedKafka()
    await using publisher = kafka.publisher()
    kafka.onDispose = () => {
      throw new Error('the socket is gone')
    }
    kafka.commits.push({ visible: true, error: lostAnswer() })
    expect(await publisher.commit(upserts('a'), NEVER)).toMatchObject({ seq: 1 })
    kafka.onDispose = () => undefined
    expect(kafka.keys()).toEqual(['a'])
  })
})

describe('a transaction of which nothing is visible', () => {
  test('is repeated with the same event ids and the same seq (R1, R3)', async () => {
    const kafka = new ScriptedKafka()
    await using publisher = kafka.publisher()
    kafka.commits.push({ visible: false, error: lostAnswer() })
    expect(await publisher.commit(upserts('a', 'b'), NEVER)).toMatchObject({ seq: 1 })
    const ids = kafka.sent
      .filter(({ topic }) => topic === 'spark.listings')
      .map(({ record }) => record.headers.find(({ name }) => name === 'ce_id')?.value)
    expect(ids.slice(2)).toEqual(ids.slice(0, 2))
    expect(new Set(ids).size).toBe(2)
  })

  test('leaves the publisher usable after a stop before its commit (R1)', async () => {
    const kafka = new ScriptedKafka()
    const stop = new AbortController()
    await using publisher = kafka.publisher()
    kafka.onSend = () => {
      stop.abort(new Error('stop'))
      throw new Error('stop')
    }
    await expect(publisher.commit(upserts('a'), stop.signal)).rejects.toThrow('stop')
    kafka.onSend = () => undefined
    expect(await publisher.commit(upserts('a'), NEVER)).toMatchObject({ seq: 1 })
  })

  test('is never published by an object that was closed', async () => {
    const kafka = new ScriptedKafka()
    const publisher = kafka.publisher()
    await publisher[Symbol.asyncDispose]()
    await expect(publisher.commit(upserts('a'), NEVER)).rejects.toMatchObject({ code: 'INVARIANT_VIOLATION' })
    expect(kafka.sent).toEqual([])
  })
})

test('whatever fails, and wherever: no event twice, no seq twice, and a receipt is true (R1, R3)', async () => {
  const errors = fc.constantFrom<unknown>(lostAnswer(), refused, outage, new TypeError('client'))
  const refusals = fc.constantFrom<unknown>(undefined, undefined, refused, new TypeError('client'))
  const steps = fc.record({
    commit: fc.option(fc.record({ visible: fc.boolean(), error: errors }), { nil: undefined }),
    refusals: fc.array(refusals, { maxLength: 3 }),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { minLength: 1, maxLength: 5 }), async (script) => {
      const kafka = new ScriptedKafka()
      await using publisher = kafka.publisher()
      let done = 0
      for (const { commit, refusals: refusing } of script) {
        if (commit !== undefined) kafka.commits.push(commit)
        kafka.refusals.push(...refusing)
        const answer = await publisher.commit(upserts(`k${done}`), NEVER).catch(codeOf)
        const committed = typeof answer === 'object' && answer !== null && 'seq' in answer
        // A page is given up only by who does not know of it; the process then goes on with the same one.
        if (committed) done += 1
        kafka.commits.length = 0
        kafka.refusals.length = 0
        if (committed) expect(kafka.seqs().at(-1)).toBe(done)
      }
      expect(new Set(kafka.keys()).size).toBe(kafka.keys().length)
      expect(new Set(kafka.seqs()).size).toBe(kafka.seqs().length)
    }),
    { numRuns: 200 },
  )
})

test('an epoch error is settled like a lost answer, after a rival had its time (R3)', async () => {
  const kafka = new ScriptedKafka()
  await using publisher = kafka.publisher()
  kafka.commits.push({ visible: false, error: lostAnswer(epoch) })
  kafka.refusals.push(refused)
  expect(await publisher.commit(upserts('a'), NEVER)).toMatchObject({ seq: 1 })
  expect(kafka.keys()).toEqual(['a'])
})
