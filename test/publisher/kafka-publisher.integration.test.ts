import { randomBytes } from 'node:crypto'
import { gunzipSync } from 'node:zlib'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { decodeState } from '../../src/feed/decode-state.ts'
import { decodeValue } from '../../src/events/decode-value.ts'
import { WriterSchemas } from '../../src/events/registry/writer-schemas.ts'
import { partitionFor } from '../../src/kafka/partition.ts'
import type { FeedProducerOptions } from '../../src/publisher/take-over.ts'
import { passId } from '../../src/domain/pass.ts'
import { recordKey } from '../../src/domain/record-key.ts'
import { LISTINGS } from '../../src/resources/listings.ts'
import { API, firstOf, type Fate } from '../fixtures/kafka-proxy.ts'
import { readTopic as readWithConsole } from '../fixtures/read-topic.ts'
import { transactionPart } from '../fixtures/transaction.ts'
import { codeOf, throughProxy } from './through-proxy.ts'
import { deletion, keysOf, page, progress, TestFeed } from './test-feed.ts'
import { endOffsets } from '../fixtures/end-offsets.ts'

const never = new AbortController().signal
const topic = (feed: TestFeed): string => feed.names.data(LISTINGS)

function numberedKeys(count: number): readonly string[] {
  return Array.from({ length: count }, (_, n) => `2024${String(n).padStart(22, '0')}`)
}

async function endsOf(feed: TestFeed): Promise<readonly number[]> {
  return await endOffsets(feed.cluster, topic(feed), never)
}

describe('what a commit answers and leaves', () => {
  let feed: TestFeed
  beforeAll(async () => {
    feed = await TestFeed.open()
  })
  afterAll(async () => {
    await feed[Symbol.asyncDispose]()
  })

  test('positions and next offsets are those of the log, page after page (R1, R2)', async () => {
    await using instance = await feed.takeOver()
    const first = await feed.upserts(numberedKeys(20))
    const second = [
      deletion(first[3]!.key),
      ...(await feed.upserts(numberedKeys(5), { City: 'Fargo' })).slice(0, 2),
    ]
    const receipts = [
      await instance.publisher.commit(page(first), never),
      await instance.publisher.commit(page(second), never),
    ]
    const records = await feed.settled()
    for (const [n, changes] of [first, second].entries()) {
      const receipt = receipts[n]!
      for (const [i, change] of changes.entries()) {
        const position = receipt.positions[0]![i]!
        const record = records.find((r) => r.partition === position.partition && r.offset === position.offset)
        expect(String(record?.key)).toBe(change.key)
        expect(record?.value === null).toBe(change.kind === 'deletion')
      }
    }
    const { nextOffsets } = receipts[1]!
    expect(nextOffsets).toEqual({ listings: await endsOf(feed) })
    expect(instance.publisher.nextOffsets(LISTINGS.name)).toEqual(nextOffsets['listings'])
  })

  test('a delete and its tombstone follow each other in one transaction, as others see it too (R13)', async () => {
    await using instance = await feed.takeOver()
    const [before] = await feed.upserts(['20240000000000000000deleted'])
    const key = before!.key
    await instance.publisher.commit(page([before!]), never)
    const { positions } = await instance.publisher.commit(page([deletion(key)]), never)
    const tombstone = positions[0]![0]!
    const records = await readWithConsole(topic(feed), { atLeast: 3 }, never)
    const ofKey = records.filter((record) => String(record.key) === key)
    expect(ofKey.map(({ value }) => value === null)).toEqual([false, false, true])
    const [, event, last] = ofKey
    expect(last).toMatchObject(tombstone)
    expect(event).toMatchObject({ partition: tombstone.partition, offset: tombstone.offset - 1 })
    expect(String(event?.headers['ce_type'])).toBe('listingstream.ListingDeleted')
    expect(ofKey.map(({ headers }) => headers['deleted']?.toString())).toEqual([undefined, 'true', undefined])
    const { name } = await decodeValue(event!.value!, new WriterSchemas(feed.registry), never)
    expect(name).toBe('ListingDeleted')
  })

  test("every key lies in the one partition that Java's default partitioner gives it (R6)", async () => {
    await using instance = await feed.takeOver()
    const keys = numberedKeys(60)
    await instance.publisher.commit(page(await feed.upserts(keys, { City: 'Minot' })), never)
    const records = await feed.settled()
    expect(new Set(records.map(({ partition }) => partition))).toEqual(new Set([0, 1, 2]))
    for (const { key, partition } of records) expect(partition).toBe(partitionFor(key!, 3))
  })

  test('a page far above what one call may carry is one transaction, whole and in order', async () => {
    await using instance = await feed.takeOver()
    const keys = numberedKeys(90)
    const changes = await Promise.all(
      keys.map((key) => feed.upsert(key, { City: randomBytes(15_000).toString('base64') })),
    )
    const before = await endsOf(feed)
    const receipt = await instance.publisher.commit(page(changes), never)
    const bytes = changes.reduce((sum, { content }) => sum + content.bytes.length, 0)
    expect(bytes / 3).toBeGreaterThan(512 * 1024)
    const records = (await feed.settled()).filter(({ partition, offset }) => offset >= before[partition]!)
    expect(records).toHaveLength(keys.length)
    const found = receipt.positions[0]!.map((position) =>
      records.find((r) => r.partition === position.partition && r.offset === position.offset),
    )
    expect(found.map((record) => String(record?.key))).toEqual(keys)
    for (const [i, record] of found.entries()) {
      expect(String(record?.headers['digest'])).toBe(changes[i]!.content.digest)
    }
    // One marker a partition: one transaction.
    const ends = await endsOf(feed)
    expect(ends.reduce((a, b) => a + b)).toBe(before.reduce((a, b) => a + b) + keys.length + 3)
  })

  test('a dead letter that no record can hold lies in parts, which together are the record (R12)', async () => {
    await using instance = await feed.takeOver()
    const body = { Id: 'x', Noise: randomBytes(2_000_000).toString('base64') }
    const deadLetters = [
      { key: recordKey('large'), reason: 'it is too large', body },
      { key: null, reason: 'it has no key', body: { Id: null } },
    ] as const
    await instance.publisher.commit(page([], { parts: [transactionPart({ deadLetters })] }), never)
    await using _ = await feed.takeOver()
    const records = await feed.read(feed.names.deadLetters)
    const parts = records.filter(({ headers }) => String(headers['reason']) === 'it is too large')
    expect(parts.length).toBeGreaterThan(1)
    const name = `${topic(feed)}/large`
    expect(keysOf(parts)).toEqual(parts.map((_part, i) => `${name}/${i + 1}`))
    for (const [i, { value, headers }] of parts.entries()) {
      expect(value!.length).toBeLessThanOrEqual(900_000)
      expect([String(headers['part']), String(headers['parts'])]).toEqual([`${i + 1}`, `${parts.length}`])
    }
    const whole = Buffer.concat(parts.map(({ value }) => value!))
    expect(JSON.parse(gunzipSync(whole).toString())).toEqual(body)
    const single = records.filter(({ headers }) => String(headers['reason']) === 'it has no key')
    expect(keysOf(single)).toEqual([expect.stringMatching(/\.listings\/[0-9a-f]{32}$/)])
  })

  test('the sequence of checkpoints rises by one a transaction, across instances too (R1)', async () => {
    const schemas = new WriterSchemas(feed.registry)
    const receipts: number[] = []
    for (let n = 0; n < 3; n += 1) {
      await using instance = await feed.takeOver()
      for (let m = 0; m < 2; m += 1) {
        const changes = m === 0 ? [] : await feed.upserts(numberedKeys(1), { BedsTotal: n })
        receipts.push((await instance.publisher.commit(page(changes), never)).seq)
      }
    }
    await using _ = await feed.takeOver()
    const seqs: number[] = []
    for (const { value } of await feed.read(feed.names.checkpoints)) {
      const state = value === null ? undefined : await decodeState(value, schemas, never)
      if (state?.kind === 'checkpoint') seqs.push(state.checkpoint.seq)
    }
    expect(seqs).toEqual(seqs.map((_seq, i) => i + 1))
    expect(seqs.slice(-6)).toEqual(receipts)
  })
})

describe('a commit in doubt', () => {
  test.each<readonly [string, Fate, Partial<FeedProducerOptions>]>([
    ['cut before the broker has it', 'cut', {}],
    ['cut when the broker has answered', 'cut-answer', {}],
    ['never answered', 'hold-answer', { requestTimeoutMs: 1_000 }],
  ])('that is %s ends as published exactly once (R3)', async (_, fate, producer) => {
    await using feed = await TestFeed.open()
    await using proxied = await throughProxy(feed)
    await using instance = await feed.takeOver({
      cluster: proxied.cluster,
      producer: { transactionTimeoutMs: 60_000, ...producer },
    })
    const fault = firstOf(API.endTxn, () => fate)
    proxied.proxy.judge = fault

    const receipt = await instance.publisher.commit(page(await feed.upserts(['a', 'b', 'c', 'd'])), never)

    expect(fault.met).toBe(1)
    expect(receipt.seq).toBe(1)
    const records = await feed.settled()
    expect(keysOf(records).toSorted()).toEqual(['a', 'b', 'c', 'd'])
    expect(receipt.positions[0]).toEqual(
      ['a', 'b', 'c', 'd'].map((key) => {
        const { partition, offset } = records.find((record) => String(record.key) === key)!
        return { partition, offset }
      }),
    )
    expect(receipt.nextOffsets).toEqual({ listings: await endsOf(feed) })
    // The publisher goes on with a new producer.
    const next = await instance.publisher.commit(page(await feed.upserts(['e'])), never).catch(codeOf)
    expect(next).toBe('FENCED')
  })

  test('that the broker refuses to have settled is published exactly once, by the next start (R1, R3)', async () => {
    await using feed = await TestFeed.open()
    await using proxied = await throughProxy(feed)
    let transactionTimeoutMs = 60_000
    const producer: FeedProducerOptions = {
      get transactionTimeoutMs() {
        return transactionTimeoutMs
      },
    }
    await using instance = await feed.takeOver({ cluster: proxied.cluster, producer })
    const request = page(await feed.upserts(['a', 'b', 'c']))
    proxied.proxy.judge = firstOf(API.endTxn, () => 'cut-answer')
    // More than transaction.max.timeout.ms: the broker takes no such producer.
    transactionTimeoutMs = 24 * 3_600_000
    expect(await instance.publisher.commit(request, never).catch(codeOf)).toBe('COMMIT_UNSETTLED')
    transactionTimeoutMs = 60_000
    // The pass is tried again in the same process, which does not know that the page is published.
    expect(await instance.publisher.commit(request, never).catch(codeOf)).toBe('COMMIT_UNSETTLED')

    await using next = await feed.takeOver()
    expect(next.state.passes.get(`${LISTINGS.name}/snapshot`)).toMatchObject({ passId: 'pass-1' })
    const { seq } = await next.publisher.commit(page(await feed.upserts(['d'])), never)
    expect(seq).toBe(2)
    expect(keysOf(await feed.settled()).toSorted()).toEqual(['a', 'b', 'c', 'd'])
  })

  test('goes on with the next page as if nothing had happened (R3)', async () => {
    await using feed = await TestFeed.open()
    await using proxied = await throughProxy(feed)
    await using instance = await feed.takeOver({ cluster: proxied.cluster })
    const keys = numberedKeys(8)
    for (const [i, key] of keys.entries()) {
      proxied.proxy.judge = firstOf(API.endTxn, () => (i % 2 === 0 ? 'cut' : 'cut-answer'))
      const receipt = await instance.publisher.commit(page(await feed.upserts([key])), never)
      expect(receipt.seq).toBe(i + 1)
    }
    expect(keysOf(await feed.settled()).toSorted()).toEqual(keys)
  })

  test('a transaction that the broker ended for its age, with no rival, is published after all (R3)', async () => {
    await using feed = await TestFeed.open()
    await using proxied = await throughProxy(feed)
    const producer = { transactionTimeoutMs: 1_000, requestTimeoutMs: 40_000 }
    await using instance = await feed.takeOver({ cluster: proxied.cluster, producer })
    const fault = firstOf(API.endTxn, async (): Promise<Fate> => {
      // The broker looks for old transactions every ten seconds; their end moves the last stable offset.
      await expect
        .poll(async () => (await endsOf(feed)).reduce((a, b) => a + b), { timeout: 30_000 })
        .toBeGreaterThan(0)
      return 'pass'
    })
    proxied.proxy.judge = fault
    const receipt = await instance.publisher.commit(page(await feed.upserts(['a', 'b', 'c'])), never)
    expect(fault.met).toBe(1)
    expect(receipt.seq).toBe(1)
    expect(keysOf(await feed.settled()).toSorted()).toEqual(['a', 'b', 'c'])
  })

  test('that a rival overtakes is not published, by neither of them (R3)', async () => {
    await using feed = await TestFeed.open()
    await using proxied = await throughProxy(feed)
    await using old = await feed.takeOver({
      cluster: proxied.cluster,
      producer: { transactionTimeoutMs: 60_000, requestTimeoutMs: 30_000 },
    })
    const rivals: AsyncDisposable[] = []
    proxied.proxy.judge = firstOf(API.endTxn, async (): Promise<Fate> => {
      rivals.push(await feed.takeOver())
      return 'pass'
    })
    const outcome = await old.publisher.commit(page(await feed.upserts(['a'])), never).catch(codeOf)
    for (const rival of rivals) await rival[Symbol.asyncDispose]()
    expect(rivals).toHaveLength(1)
    expect(outcome).toBe('FENCED')
    expect(keysOf(await feed.settled())).toEqual([])
  })
})

describe('two instances', () => {
  test('the older one is fenced at its next commit, with exit code 4, and stays so (R3)', async () => {
    await using feed = await TestFeed.open()
    await using older = await feed.takeOver()
    await older.publisher.commit(page(await feed.upserts(['before'])), never)
    await using newer = await feed.takeOver()
    const fenced = { code: 'FENCED', exitCode: 4, retryable: false }
    for (let n = 0; n < 3; n += 1) {
      await expect(older.publisher.commit(page(await feed.upserts(['lost'])), never)).rejects.toMatchObject(
        fenced,
      )
    }
    await expect(older.publisher.requireOwnership(never)).rejects.toMatchObject(fenced)
    const { seq } = await newer.publisher.commit(page(await feed.upserts(['after'])), never)
    expect(seq).toBe(2)
    expect(keysOf(await feed.settled()).toSorted()).toEqual(['after', 'before'])
  })

  test('fifty take-overs in a row: no event of an old one after the first of a new one, none lost or twice (R3)', async () => {
    await using feed = await TestFeed.open()
    const ROUNDS = 50
    const acknowledged: string[] = []
    const outcomes: unknown[] = []
    let running: Promise<void> | undefined
    let last: AsyncDisposable | undefined
    for (let round = 0; round <= ROUNDS; round += 1) {
      const instance = await feed.takeOver()
      // The one before is fenced in the midst of its work.
      await running
      await last?.[Symbol.asyncDispose]()
      last = instance
      const started = Promise.withResolvers<void>()
      running = (async () => {
        for (let n = 0; n < (round === ROUNDS ? 3 : Infinity); n += 1) {
          const key = `${round}.${n}`
          const request = page(await feed.upserts([key, `${key}.x`]), {
            progress: progress({ passId: passId(`round-${round}`) }),
          })
          try {
            await instance.publisher.commit(request, never)
          } catch (error) {
            outcomes.push(codeOf(error))
            return
          }
          acknowledged.push(key, `${key}.x`)
          started.resolve()
        }
      })()
      await started.promise
    }
    await running
    await last?.[Symbol.asyncDispose]()

    expect(outcomes).toEqual(Array.from({ length: ROUNDS }, () => 'FENCED'))
    const records = await feed.settled()
    expect(keysOf(records).toSorted()).toEqual(acknowledged.toSorted())
    for (const partition of [0, 1, 2]) {
      const rounds = records
        .filter((record) => record.partition === partition)
        .map(({ key }) => Number.parseInt(String(key), 10))
      expect(rounds).toEqual(rounds.toSorted((a, b) => a - b))
    }
  }, 180_000)
})
