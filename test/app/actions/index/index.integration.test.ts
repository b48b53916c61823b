import { access } from 'node:fs/promises'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import type { Digest } from '../../../../src/domain/content.ts'
import type { IndexEntry } from '../../../../src/domain/index-entry.ts'
import { recordKey, type RecordKey } from '../../../../src/domain/record-key.ts'
import type { ResourceDescription } from '../../../../src/domain/resource.ts'
import { runSnapshot } from '../../../../src/replication/records-pass.ts'
import { ACCOUNTS } from '../../../../src/resources/accounts.ts'
import {
  deletion,
  KEYS,
  openIndex,
  page,
  showing,
  snapshotOf,
  TestFeed,
} from '../../../publisher/test-feed.ts'
import { runCli, type CliExit } from '../../../fixtures/cli.ts'
import { untilReadable } from '../../../fixtures/end-offsets.ts'
import { indexEntry } from '../../../fixtures/index-entry.ts'
import { tempFolder } from '../../../fixtures/temp-folder.ts'
import { testStack } from '../../../fixtures/test-stack.ts'
import { LISTINGS } from '../../../../src/resources/listings.ts'

const never = new AbortController().signal

function indexCommand(
  what: 'check' | 'rebuild',
  feed: TestFeed,
  folder: string,
  resources: readonly ResourceDescription[] = [LISTINGS],
): Promise<CliExit> {
  const { brokers, registryUrl } = testStack()
  const settings = {
    KAFKA_BROKERS: brokers.join(','),
    SCHEMA_REGISTRY_URL: registryUrl,
    TOPIC_PREFIX: feed.names.prefix,
    DATA_DIR: folder,
    RESOURCES: resources.map(({ name }) => name).join(','),
  }
  return runCli({ args: ['index', what], settings, folder }, AbortSignal.timeout(50_000))
}

test('an index that is equal to the topics is found so, after updates and deletes too (R2)', async () => {
  await using feed = await TestFeed.open()
  await using folder = await tempFolder()
  await snapshotOf(feed, folder.path)
  expect(await indexCommand('check', feed, folder.path)).toMatchObject({
    code: 0,
    stdout: `index and topics agree: ${KEYS.length} keys\n`,
  })
  {
    await using instance = await feed.takeOver()
    await instance.publisher.commit(page([deletion('k1'), ...(await feed.upserts(['k2', 'k9']))]), never)
  }
  const behind = await indexCommand('check', feed, folder.path)
  expect(behind).toMatchObject({ code: 1, stdout: expect.stringContaining('3 differences, 9 keys compared') })
  {
    await using index = await openIndex(folder.path)
    await using _ = await feed.start(index)
  }
  expect((await indexCommand('check', feed, folder.path)).code).toBe(0)
})

test('a resource that the index does not hold yet is one difference, not one a key; a rebuild reads it (R2)', async () => {
  const both = [LISTINGS, ACCOUNTS]
  await using feed = await TestFeed.open(undefined, both)
  await using folder = await tempFolder()
  {
    await using index = await openIndex(folder.path)
    await using started = await feed.start(index, { resources: [LISTINGS], source: showing(KEYS) })
    await runSnapshot(started.feed, LISTINGS, never)
  }
  expect((await indexCommand('check', feed, folder.path)).code).toBe(0)
  const { code, stdout } = await indexCommand('check', feed, folder.path, both)
  expect(code).toBe(1)
  expect(stdout).toBe(
    `accounts: the index does not hold it yet; the next start reads it from its topic\n1 difference, ${KEYS.length} keys compared\n`,
  )
  expect((await indexCommand('rebuild', feed, folder.path, both)).code).toBe(0)
  expect((await indexCommand('check', feed, folder.path, both)).code).toBe(0)
})

test('every difference is named and none is mended, until a rebuild does; neither touches the feed (R2)', async () => {
  await using feed = await TestFeed.open()
  await using folder = await tempFolder()
  await snapshotOf(feed, folder.path)
  {
    await using index = await openIndex(folder.path)
    const [entry] = await index.getMany(LISTINGS.name, [recordKey('k3')])
    const puts = new Map<RecordKey, IndexEntry>([
      [recordKey('k3'), { ...entry!, digest: 'a'.repeat(32) as Digest }],
      [recordKey('k5'), { ...entry!, state: 'deleted', offset: 99 }],
      [recordKey('ghost'), indexEntry()],
    ])
    const parts = [{ resource: LISTINGS.name, puts, drops: [recordKey('k7')] }]
    await index.apply({ parts, nextOffsets: undefined, at: index.state()!.writtenAt })
  }
  await using owner = await feed.takeOver()
  await untilReadable(feed.cluster, feed.names.checkpoints, never)
  const before = await feed.read(feed.names.checkpoints)

  const first = await indexCommand('check', feed, folder.path)
  expect(first.code).toBe(1)
  const lines = first.stdout.trimEnd().split('\n')
  expect(lines.map((line) => /^listings (\S+): index /.exec(line)?.[1])).toEqual([
    'ghost',
    'k3',
    'k5',
    'k7',
    undefined,
  ])
  expect(lines[0]).toMatch(/index live .*; topic does not know it$/)
  expect(lines[1]).toMatch(
    /index live a{32} under schema \d+ at partition \d, offset \d+; topic live [0-9a-f]{32} /,
  )
  expect(lines[2]).toMatch(/index deleted at partition \d, offset 99; topic live /)
  expect(lines[3]).toMatch(/index does not know it; topic live /)
  expect(lines[4]).toBe('4 differences, 9 keys compared')
  expect((await indexCommand('check', feed, folder.path)).stdout).toBe(first.stdout)

  const rebuilt = await indexCommand('rebuild', feed, folder.path)
  expect(rebuilt).toMatchObject({
    code: 0,
    stdout: `index rebuilt from the topics: ${KEYS.length} records, generation 1\n`,
    stderr: expect.stringMatching(/^✔ Reading the topics .* 100 %$/m),
  })
  expect((await indexCommand('check', feed, folder.path)).code).toBe(0)
  await expect(access(join(folder.path, 'index-check'))).rejects.toMatchObject({ code: 'ENOENT' })

  expect(await feed.read(feed.names.checkpoints)).toEqual(before)
  await owner.publisher.commit(page(await feed.upserts(['k9'])), never)
  // What was rebuilt by hand is the feed's: the next start only brings it forward.
  await using index = await openIndex(folder.path)
  await using started = await feed.start(index)
  expect(started.recovery).toEqual({ kind: 'tail', records: 1 })
})

test('an index that another process has open is left alone, and that is said', async () => {
  await using feed = await TestFeed.open()
  await using folder = await tempFolder()
  await snapshotOf(feed, folder.path)
  await using _ = await openIndex(folder.path)
  for (const what of ['check', 'rebuild'] as const) {
    const locked = { code: 1, stdout: '', stderr: expect.stringContaining('[INDEX_LOCKED]') }
    expect(await indexCommand(what, feed, folder.path)).toMatchObject(locked)
  }
})

test('a folder without an index, a prefix without a feed and a truncated topic are named (R2)', async () => {
  await using feed = await TestFeed.open()
  await using folder = await tempFolder()
  const check = (): Promise<CliExit> => indexCommand('check', feed, folder.path)
  expect(await check()).toMatchObject({ code: 1, stderr: expect.stringContaining('[INDEX_MISSING]') })
  await expect(access(join(folder.path, 'index'))).rejects.toMatchObject({ code: 'ENOENT' })
  expect(await indexCommand('rebuild', feed, folder.path)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('[NO_FEED]'),
  })
  await snapshotOf(feed, folder.path)
  await feed.remakeTopic()
  const truncated = { code: 1, stderr: expect.stringContaining('[TOPIC_TRUNCATED]') }
  expect(await check()).toMatchObject(truncated)
  expect(await indexCommand('rebuild', feed, folder.path)).toMatchObject(truncated)
})
