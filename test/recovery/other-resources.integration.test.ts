import { expect, test } from 'vitest'

import type { ResourceDescription } from '../../src/domain/resource.ts'
import type { KeyIndex } from '../../src/replication/ports.ts'
import { runSnapshot } from '../../src/replication/records-pass.ts'
import { LISTINGS } from '../../src/resources/listings.ts'
import { OFFICES } from '../fixtures/resources.ts'
import { ScriptedSource, sourceRecord } from '../fixtures/scripted-source.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'
import { KEYS, now, openIndex, page, progress, snapshotOf, TestFeed } from '../publisher/test-feed.ts'

const never = new AbortController().signal
const BOTH = [LISTINGS, OFFICES]
const OFFICE_KEYS = ['o1', 'o2', 'o3']

async function keysIn(index: KeyIndex, { name }: ResourceDescription): Promise<readonly string[]> {
  return (await Array.fromAsync(index.entries(name))).flat().map(([key]) => key)
}

/** Listings and offices, each with a complete snapshot; the process replicated both. */
async function feedOfBoth(folder: string): Promise<TestFeed> {
  const feed = await TestFeed.open(undefined, BOTH)
  await snapshotOf(feed, folder)
  await using index = await openIndex(folder, BOTH)
  const records = OFFICE_KEYS.map((key) => ({ ...sourceRecord(key), changeStamps: {} }))
  const source = new ScriptedSource({ walks: [[{ records }]], counts: [records.length], records }, now())
  await using started = await feed.start(index, { source })
  await runSnapshot(started.feed, OFFICES, never)
  return feed
}

test('what is not replicated any more is forgotten by the index alone, and read back when it is again (R2)', async () => {
  await using folder = await tempFolder()
  await using feed = await feedOfBoth(folder.path)
  const before = feed.newLog()
  await before.refresh(never)
  const office = `${OFFICES.name}/snapshot` as const
  {
    await using index = await openIndex(folder.path, [LISTINGS])
    await using started = await feed.start(index, { resources: [LISTINGS] })
    expect(started.recovery).toEqual({ kind: 'current' })
    expect([...started.state.passes.keys()]).toEqual(['listings/snapshot'])
    expect([...started.state.watermarks.keys()]).toEqual(['listings'])
    expect(index.state()?.feed.partitions).toEqual({ listings: 3 })
    expect(index.state()?.nextOffsets).not.toHaveProperty('offices')
    expect(await index.verify()).toBe(true)
    const ended = progress({ pass: 'update', state: 'completed' })
    await started.publisher.commit(page(await feed.upserts(['new']), { progress: ended }), never)
  }
  const after = feed.newLog()
  // A commit is answered before its records can be read.
  await expect
    .poll(async () => {
      await after.refresh(never)
      return after.seq
    })
    .toBeGreaterThan(before.seq)
  expect(after.nextOffsets['offices']).toEqual(before.nextOffsets['offices'])
  expect(after.startOffsets['offices']).toEqual(before.startOffsets['offices'])
  expect(after.state().passes.get(office)).toEqual(before.state().passes.get(office))

  await using index = await openIndex(folder.path, BOTH)
  await using started = await feed.start(index)
  expect(started.recovery).toEqual({ kind: 'tail', records: OFFICE_KEYS.length + 1 })
  expect(await keysIn(index, OFFICES)).toEqual(OFFICE_KEYS)
  expect(await keysIn(index, LISTINGS)).toEqual([...KEYS, 'new'])
  expect(await index.verify()).toBe(true)
  expect(started.feed.state.hasSnapshot(OFFICES.name)).toBe(true)
})

test('a new resource begins at the beginning of its topic, and nothing else is read again (R2)', async () => {
  await using folder = await tempFolder()
  await using other = await tempFolder()
  await using feed = await feedOfBoth(folder.path)
  {
    await using index = await openIndex(other.path, [LISTINGS])
    await using started = await feed.start(index, { resources: [LISTINGS] })
    expect(started.recovery).toMatchObject({ kind: 'rebuilt', records: KEYS.length })
  }
  await using index = await openIndex(other.path, BOTH)
  await using started = await feed.start(index)
  expect(started.recovery).toEqual({ kind: 'tail', records: OFFICE_KEYS.length })
  expect(await keysIn(index, OFFICES)).toEqual(OFFICE_KEYS)
})

test('the topic of a resource that is not replicated may be short or gone: only who replicates it stops for that (R2)', async () => {
  await using folder = await tempFolder()
  await using feed = await feedOfBoth(folder.path)
  await feed.remakeTopic(OFFICES)
  {
    await using index = await openIndex(folder.path, [LISTINGS])
    await using started = await feed.start(index, { resources: [LISTINGS] })
    expect(started.recovery).toEqual({ kind: 'current' })
    await started.publisher.commit(page([]), never)
  }
  await expect(feed.takeOver()).rejects.toMatchObject({
    code: 'TOPIC_TRUNCATED',
    message: expect.stringContaining(feed.names.data(OFFICES)),
  })
})
