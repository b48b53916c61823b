import { expect, test } from 'vitest'

import type { OpenFeed } from '../../../src/app/compose/open-feed.ts'
import { parseRepublishReport, republish } from '../../../src/app/passes/republish.ts'
import { describeRepublish, republishExitCode } from '../../../src/app/reports/describe-republish.ts'
import { formatInstant } from '../../../src/domain/instant.ts'
import { recordKey } from '../../../src/domain/record-key.ts'
import { FeedRunner, PLAIN_PASS } from '../../../src/replication/feed-runner.ts'
import { runPurge } from '../../../src/replication/purge.ts'
import { LISTINGS } from '../../../src/resources/listings.ts'
import { feedAfterSnapshot } from '../../fixtures/memory-feed.ts'
import { keyRecord, sourceRecord } from '../../fixtures/scripted-source.ts'

const never = new AbortController().signal

test('a key that the feed has as deleted is said to be, and since when; of one that it never had nobody knows', async () => {
  const left = ['1', '2'].map((key) => sourceRecord(key))
  const { feed } = await feedAfterSnapshot([...left, sourceRecord('3')], {
    walks: [[{ records: ['1', '2'].map(keyRecord) }]],
    counts: [2],
    records: left,
  })
  await runPurge(feed, LISTINGS, PLAIN_PASS, never)
  const [deleted] = await feed.index.getMany(LISTINGS.name, [recordKey('3')])
  const open: Pick<OpenFeed, 'runner'> = { runner: new FeedRunner(feed) }
  const keys = ['1', '3', '9'].map(recordKey)
  const report = parseRepublishReport(await republish(open, LISTINGS, keys, never))
  const since = formatInstant(deleted!.observedAt)
  expect(report.republished.keys).toEqual([
    { key: '1', fate: 'republished', deletedSince: null },
    { key: '3', fate: 'not_shown', deletedSince: since },
    { key: '9', fate: 'not_shown', deletedSince: null },
  ])
  const lines = describeRepublish(report)
  expect(lines).toContain(
    `3 is deleted since ${since}, and the source does not show it: its delete and its tombstone are in the topic`,
  )
  expect(lines).toContain('9 is not shown by the source: whether it is deleted is for "purge" to prove')
  expect(republishExitCode(report)).toBe(1)
})
