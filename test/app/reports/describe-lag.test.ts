import { expect, test } from 'vitest'

import { describeLag } from '../../../src/app/reports/describe-lag.ts'
import type { GroupLag, PartitionLag } from '../../../src/consumer/lag/group-lag.ts'
import type { Verdict } from '../../../src/consumer/lag/verdict.ts'

const FIGURES = { exact: true, oldestUnreadAt: null, behindMs: 3000, catchUpMs: null }
const SAFE = { state: 'safe', leftMs: null } as const

function group(verdict: Verdict, partitions: readonly Verdict[], rate: number): GroupLag {
  const each = partitions.map((one, partition): PartitionLag => {
    return { partition, verdict: one, committed: 0, end: 10, behind: 10, exact: true }
  })
  const lag = { ...FIGURES, verdict, behind: 10, rate, deletes: SAFE }
  const topic = { ...lag, topic: 'spark.listings', partitions: each, uncommitted: 0, beyondEnd: false }
  return { ...lag, group: 'g', members: 1, topics: [topic] }
}

function told(groups: readonly GroupLag[], absent: readonly string[] = []): readonly string[] {
  return describeLag({ prefix: 'spark', groups, absent, watchedMs: 5000 })
}

test('named groups that have committed nothing are named, beside those that have', () => {
  const none = 'No consumer group has committed an offset of a topic of spark.'
  expect(told([])).toEqual([none])
  const missing = ['a', 'b'].map((id) => `${id} has committed no offset of a topic of spark.`)
  expect(told([], ['a', 'b'])).toEqual(missing)
  expect(told([group('ok', ['ok'], 3)], ['a', 'b']).slice(-3)).toEqual(['', ...missing])
})

test('what is not known of some partitions is told of them alone, and how it would be', () => {
  expect(told([group('unknown', ['ok', 'unknown'], 88)]).at(-1)).toMatch(
    /^g on spark.listings has committed nothing of partition 1 in 5 s, .* A longer --for tells/,
  )
  expect(told([group('unknown', ['unknown'], 0)]).at(-1)).toContain('has committed nothing in 5 s')
  expect(told([group('stalled', ['ok', 'stalled', 'stalled'], 88)]).at(-1)).toContain('of partition 1, 2 for')
})
