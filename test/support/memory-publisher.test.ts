import { expect, test } from 'vitest'
import type { Change } from '../../src/listing/change.ts'
import type { Digest, SchemaId } from '../../src/listing/content.ts'
import { instant } from '../../src/listing/instant.ts'
import { NO_DELETES, NO_OUTCOMES, passId, type PassProgress } from '../../src/listing/pass.ts'
import { recordKey } from '../../src/listing/record-key.ts'
import { LISTINGS } from '../../src/listing/resource.ts'
import type { TransactionRequest } from '../../src/replication/ports.ts'
import { feedIdentity } from './index-entry.ts'
import { MemoryKeyIndex } from './memory-key-index.ts'
import { MemoryPublisher } from './memory-publisher.ts'

const AT = instant(1_760_000_000_000)
const { signal } = new AbortController()

test('positions and next offsets count records, tombstones and commit markers (R9 c)', async () => {
  const publisher = new MemoryPublisher({ partitions: 1 })
  const first = await publisher.commit(transaction([upsert('1'), upsert('2')]), signal)
  expect(first).toEqual({
    seq: 1,
    positions: [
      { partition: 0, offset: 0 },
      { partition: 0, offset: 1 },
    ],
    nextOffsets: { listings: [3] },
  })
  const second = await publisher.commit(transaction([deletion('1')]), signal)
  expect(second.positions).toEqual([{ partition: 0, offset: 4 }])
  expect(publisher.nextOffsets('listings')).toEqual([6])
  expect(first.nextOffsets).toEqual({ listings: [3] })
  expect([...publisher.live().keys()]).toEqual(['2'])
})

test('a commit that fails before leaves nothing, one that fails after leaves its transaction', async () => {
  const publisher = new MemoryPublisher()
  const outage = new Error('outage')
  publisher.failBeforeCommit(0, outage)
  publisher.failAfterCommit(1, outage)
  await expect(publisher.commit(transaction([upsert('1')]), signal)).rejects.toBe(outage)
  expect(publisher.transactions).toEqual([])
  expect(publisher.nextOffsets('listings')).toEqual([0, 0, 0])
  await expect(publisher.commit(transaction([upsert('1')]), signal)).rejects.toBe(outage)
  expect(publisher.transactions).toHaveLength(1)
  expect((await publisher.commit(transaction([]), signal)).seq).toBe(2)
})

test('two transactions at once are a violation (R1)', async () => {
  const publisher = new MemoryPublisher()
  const first = publisher.commit(transaction([]), signal)
  await expect(publisher.commit(transaction([]), signal)).rejects.toMatchObject({
    code: 'INVARIANT_VIOLATION',
  })
  await first
})

test('an index rebuilt from it, and the state of its checkpoints, are what was committed (R2)', async () => {
  const publisher = new MemoryPublisher({ partitions: 1 })
  await publisher.commit(transaction([upsert('1'), upsert('2')], AT), signal)
  await publisher.commit(transaction([deletion('1')]), signal)
  const index = new MemoryKeyIndex()
  const feed = feedIdentity()
  await publisher.rebuild(index, feed, AT)
  expect(await index.getMany('listings', [recordKey('1'), recordKey('2')])).toMatchObject([
    { state: 'deleted', offset: 4 },
    { state: 'live', offset: 1 },
  ])
  expect(index.state()?.nextOffsets).toEqual({ listings: [6] })
  const state = publisher.feedState(feed)
  expect(state.watermarks).toEqual(new Map([['listings', AT]]))
  expect(state.passes.get('listings/update')).toEqual(progress)
})

test('an index that fits is brought forward by what it has not seen alone (R2)', async () => {
  const publisher = new MemoryPublisher({ partitions: 1 })
  const index = new MemoryKeyIndex()
  await publisher.commit(transaction([upsert('1')]), signal)
  await publisher.rebuild(index, feedIdentity(), AT)
  const [seen] = await index.getMany('listings', [recordKey('1')])
  const touched = new Map([[recordKey('1'), { ...seen!, request: 9 }]])
  await index.apply({ resource: 'listings', puts: touched, drops: [], nextOffsets: undefined, at: AT })
  await publisher.commit(transaction([upsert('2')]), signal)
  await publisher.bringForward(index, AT)
  expect(await index.getMany('listings', ['1', '2'].map(recordKey))).toMatchObject([
    { offset: 0, request: 9 },
    { offset: 2, request: 0 },
  ])
  expect(index.state()?.nextOffsets).toEqual({ listings: [4] })
})

const progress: PassProgress = {
  resource: 'listings',
  pass: 'update',
  passId: passId('update-1'),
  state: 'running',
  initial: false,
  startedAt: AT,
  filter: '',
  token: '',
  walkEnded: false,
  page: 1,
  walked: 0,
  walkedInRange: 0,
  counts: NO_OUTCOMES,
  deletes: NO_DELETES,
  sweepOffsets: [],
}

function transaction(
  changes: readonly Change[],
  watermark: TransactionRequest['watermark'] = null,
): TransactionRequest {
  return {
    resource: LISTINGS,
    changes,
    deadLetters: [],
    settledLetters: [],
    progress,
    watermark,
    markers: [],
  }
}

const base = { mlsId: 'mls-1', changeStamps: {}, previousDigest: null }

function upsert(key: string): Change {
  return {
    ...base,
    kind: 'upsert',
    key: recordKey(key),
    reason: 'CREATED',
    modificationTimestamp: AT,
    observedAt: AT,
    content: {
      schemaId: 1 as SchemaId,
      digest: 'ab'.repeat(16) as Digest,
      bytes: new Uint8Array(),
      volatileFields: {},
    },
  }
}

function deletion(key: string): Change {
  return {
    ...base,
    kind: 'deletion',
    key: recordKey(key),
    reason: 'NOT_IN_SOURCE',
    evidence: 'HTTP_404',
    deletedAt: AT,
    lastModificationTimestamp: AT,
  }
}
