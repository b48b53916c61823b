import { describe, expect, test } from 'vitest'

import type { Change } from '../../src/domain/change.ts'
import type { ResourceDescription } from '../../src/domain/resource.ts'
import type { TransactionRequest } from '../../src/replication/ports.ts'
import { LISTINGS } from '../../src/resources/listings.ts'
import { API, firstOf, type Fate, type Judge } from '../fixtures/kafka-proxy.ts'
import { LISTING_PHOTOS } from '../fixtures/resources.ts'
import { transactionPart } from '../fixtures/transaction.ts'
import { deletion, keysOf, page, TestFeed, type PlacedRecord } from './test-feed.ts'
import { codeOf, throughProxy } from './through-proxy.ts'
import { endOffsets } from '../fixtures/end-offsets.ts'

const never = new AbortController().signal
const BOTH: readonly ResourceDescription[] = [LISTINGS, LISTING_PHOTOS]

const openFeed = (): Promise<TestFeed> => TestFeed.open(undefined, BOTH)

function inBoth(changes: readonly Change[]): TransactionRequest {
  return page([], { parts: BOTH.map((resource) => transactionPart({ resource, changes })) })
}

/** What a read-committed reader of each topic gets. */
function readBoth(feed: TestFeed): Promise<readonly (readonly PlacedRecord[])[]> {
  return Promise.all(BOTH.map((resource) => feed.read(feed.names.data(resource))))
}

/** After a take-over has ended whatever was open. */
async function settledBoth(feed: TestFeed): Promise<readonly (readonly PlacedRecord[])[]> {
  await using _ = await feed.takeOver()
  return await readBoth(feed)
}

/** Decides on the nth request of that kind; all others pass. */
function nth(apiKey: number, n: number, decide: () => Fate | Promise<Fate>): Judge & { met: number } {
  const judge = Object.assign(
    (key: number) => {
      if (key !== apiKey) return 'pass'
      judge.met += 1
      return judge.met === n ? decide() : 'pass'
    },
    { met: 0 },
  )
  return judge
}

describe('a transaction of two topics', () => {
  test('answers where each change of each part lies, and the next offsets of both (R1, R2)', async () => {
    await using feed = await openFeed()
    await using instance = await feed.takeOver()
    const [listings, photos] = [await feed.upserts(['a', 'b', 'c', 'd']), await feed.upserts(['b', 'e'])]
    const receipt = await instance.publisher.commit(
      page([], {
        parts: [
          transactionPart({ changes: listings }),
          transactionPart({ resource: LISTING_PHOTOS, changes: photos }),
        ],
      }),
      never,
    )
    const topics = await settledBoth(feed)
    for (const [i, changes] of [listings, photos].entries()) {
      expect(topics[i]).toHaveLength(changes.length)
      const found = receipt.positions[i]!.map((place) =>
        topics[i]!.find((r) => r.partition === place.partition && r.offset === place.offset),
      )
      expect(found.map((record) => String(record?.key))).toEqual(changes.map(({ key }) => key))
    }
    const ends = await Promise.all(
      BOTH.map((resource) => endOffsets(feed.cluster, feed.names.data(resource), never)),
    )
    expect(receipt.nextOffsets).toEqual({ listings: ends[0], 'listing-photos': ends[1] })
    for (const { name } of BOTH) {
      expect(instance.publisher.nextOffsets(name)).toEqual(receipt.nextOffsets[name])
    }
    const log = feed.newLog()
    await log.refresh(never)
    expect([log.seq, log.nextOffsets]).toEqual([receipt.seq, receipt.nextOffsets])
  })

  test("holds a delete and the other topic's tombstone: before its commit a reader sees neither (R1, R13)", async () => {
    await using feed = await openFeed()
    await using proxied = await throughProxy(feed)
    await using instance = await feed.takeOver({ cluster: proxied.cluster })
    await instance.publisher.commit(inBoth(await feed.upserts(['gone', 'stays'])), never)
    const before: (readonly PlacedRecord[])[] = []
    proxied.proxy.judge = firstOf(API.endTxn, async (): Promise<Fate> => {
      before.push(...(await readBoth(feed)))
      return 'pass'
    })
    const { positions } = await instance.publisher.commit(inBoth([deletion('gone')]), never)
    expect(before.map((records) => keysOf(records).toSorted())).toEqual([
      ['gone', 'stays'],
      ['gone', 'stays'],
    ])
    const after = await settledBoth(feed)
    for (const [i, records] of after.entries()) {
      const [, event, tombstone] = records.filter(({ key }) => String(key) === 'gone')
      expect(tombstone).toMatchObject({ ...positions[i]![0], value: null })
      expect(event).toMatchObject({ offset: tombstone!.offset - 1 })
      expect(String(event!.headers['ce_type'])).toBe('listingstream.ListingDeleted')
    }
  })

  // One request that has the coordinator know, then one for the records of both topics and one for the checkpoint.
  const REQUESTS = [
    ['its partitions', API.addPartitionsToTxn, 1],
    ['both topics', API.produce, 1],
    ['the checkpoints', API.produce, 2],
    ['its commit', API.endTxn, 1],
  ] as const

  test.each(REQUESTS)(
    'whose owner is overtaken at the request for %s leaves nothing in either (R1, R3)',
    async (_, api, n) => {
      await using feed = await openFeed()
      await using proxied = await throughProxy(feed)
      await using old = await feed.takeOver({ cluster: proxied.cluster })
      const request = inBoth(await feed.upserts(['a']))
      await using rivals = new AsyncDisposableStack()
      const judge = nth(api, n, async (): Promise<Fate> => {
        rivals.use(await feed.takeOver())
        return 'pass'
      })
      proxied.proxy.judge = judge
      expect(await old.publisher.commit(request, never).catch(codeOf)).toBe('FENCED')
      expect(judge.met).toBeGreaterThanOrEqual(n)
      expect(await settledBoth(feed)).toEqual([[], []])
    },
  )

  test.each(
    REQUESTS.flatMap(([what, api, n]) =>
      (['cut', 'cut-answer'] as const).map((fate) => [fate, what, api, n] as const),
    ),
  )('whose connection is %s at the request for %s is in both, once (R1, R3)', async (fate, _, api, n) => {
    await using feed = await openFeed()
    await using proxied = await throughProxy(feed)
    await using instance = await feed.takeOver({ cluster: proxied.cluster })
    const request = inBoth(await feed.upserts(['a']))
    const judge = nth(api, n, () => fate)
    proxied.proxy.judge = judge
    const { seq, nextOffsets } = await instance.publisher.commit(request, never)
    expect(judge.met).toBeGreaterThanOrEqual(n)
    expect(seq).toBe(1)
    const topics = await settledBoth(feed)
    expect(topics.map(keysOf)).toEqual([['a'], ['a']])
    for (const [i, { name }] of BOTH.entries()) {
      const [record] = topics[i]!
      expect(nextOffsets[name]![record!.partition]).toBe(record!.offset + 2)
    }
  })
})
