import { describe, expect, test } from 'vitest'

import { instant, type Instant } from '../../src/domain/instant.ts'
import { missedReason } from '../../src/replication/missed.ts'

const WINDOW = instant(10_000)
const at = (ms: number | null): Instant | null => (ms === null ? null : instant(ms))

describe('why no update has brought what a sweep publishes', () => {
  test.each([
    ['new_key', undefined, 10_000],
    ['new_key', undefined, null],
    ['returned', { state: 'deleted', stamp: 9_000 }, 9_000],
    ['newer_stamp', { state: 'live', stamp: 8_000 }, 9_000],
    ['older_stamp', { state: 'live', stamp: 9_000 }, 8_000],
    ['same_stamp', { state: 'live', stamp: 9_000 }, 9_000],
    ['same_stamp', { state: 'dead_lettered', stamp: 9_000 }, 9_000],
    ['no_stamp', { state: 'live', stamp: null }, 9_000],
    ['no_stamp', { state: 'live', stamp: 9_000 }, null],
    [undefined, undefined, 10_001],
    [undefined, { state: 'live', stamp: 9_000 }, 10_001],
    [undefined, { state: 'deleted', stamp: 9_000 }, 10_001],
  ] as const)('%s: the feed had %o, the source has the stamp %s', (reason, known, stamp) => {
    const before =
      known === undefined ? undefined : { state: known.state, modificationTimestamp: at(known.stamp) }
    expect(missedReason({ before, stamp: at(stamp) }, WINDOW)).toBe(reason)
  })
})
