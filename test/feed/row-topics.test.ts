import { describe, expect, test } from 'vitest'

import { FILLED, isFilled, keptRows, type KeptRowsOptions } from '../../src/feed/row-topics.ts'
import type { RowMark } from '../../src/feed/state-records.ts'
import { topicNames } from '../../src/feed/topic-names.ts'
import { ACCOUNTS } from '../../src/resources/accounts.ts'
import { LISTINGS } from '../../src/resources/listings.ts'

type Log = KeptRowsOptions['log']

/** Of a feed whose rows of listings and accounts are kept, as its last transaction left it. */
const LOG: Log = {
  rows: new Map([
    ['listing-rows', FILLED],
    ['account-rows', FILLED],
  ]),
  nextOffsets: { listings: [9, 4], 'listing-rows': [5, 3], accounts: [2, 2], 'account-rows': [2, 2] },
  startOffsets: { listings: [1, 0], 'listing-rows': [0, 0], accounts: [0, 0], 'account-rows': [0, 0] },
  truncation: undefined,
}
const EXTENT = { startOffsets: { listings: [1, 0] }, nextOffsets: { listings: [9, 4] } }
const ROW_EXTENT = { startOffsets: { 'listing-rows': [0, 0] }, nextOffsets: { 'listing-rows': [7, 3] } }
const BEGINNING: RowMark = { swept: [0, 0], sweepEnds: [7, 3], filled: [1, 0], ends: [9, 4] }

function kept(over: Partial<KeptRowsOptions> = {}): ReadonlyMap<string, RowMark> {
  return keptRows({
    log: LOG,
    names: topicNames('mls'),
    resources: [LISTINGS],
    withRows: [LISTINGS],
    extent: EXTENT,
    rowExtent: ROW_EXTENT,
    ...over,
  })
}

describe('topics of rows at a start (R2)', () => {
  test('go on where the last transaction left them, those of other resources, too', () => {
    expect(kept()).toEqual(LOG.rows)
  })

  test('that were being filled go on with that', () => {
    const mark = { ...BEGINNING, swept: [7, 3], filled: [4, 0] }
    expect(kept({ log: { ...LOG, rows: new Map([['listing-rows', mark]]) } }).get('listing-rows')).toBe(mark)
  })

  test.each<readonly [string, Partial<KeptRowsOptions>]>([
    ['that the last transaction did not keep', { log: { ...LOG, rows: new Map() } }],
    [
      'of whose events a running process has seen that they were made anew',
      {
        log: {
          ...LOG,
          truncation: { topic: 'mls.listings', partition: 0, detail: '', generation: 1, instanceId: 'i' },
        },
      },
    ],
  ])('%s are compared and filled from the beginning of both', (_, over) => {
    expect(kept(over).get('listing-rows')).toEqual(BEGINNING)
  })

  test.each<readonly [string, Partial<KeptRowsOptions>, Partial<RowMark>]>([
    [
      'end before it',
      { rowExtent: { ...ROW_EXTENT, nextOffsets: { 'listing-rows': [0, 0] } } },
      { sweepEnds: [0, 0] },
    ],
    [
      'begin behind it',
      { rowExtent: { ...ROW_EXTENT, startOffsets: { 'listing-rows': [2, 0] } } },
      { swept: [2, 0] },
    ],
    [
      'follow events that end before it',
      { extent: { ...EXTENT, nextOffsets: { listings: [3, 4] } } },
      { ends: [3, 4] },
    ],
    [
      'were made anew with more partitions',
      {
        rowExtent: {
          startOffsets: { 'listing-rows': [0, 0, 0] },
          nextOffsets: { 'listing-rows': [0, 0, 0] },
        },
      },
      { swept: [0, 0, 0], sweepEnds: [0, 0, 0] },
    ],
  ])('that %s are filled anew', (_, over, mark) => {
    expect(kept(over).get('listing-rows')).toEqual({ ...BEGINNING, ...mark })
  })

  test('to which partitions were added stop the start', () => {
    const nextOffsets = { 'listing-rows': [7, 3, 0] }
    expect(() => kept({ rowExtent: { ...ROW_EXTENT, nextOffsets } })).toThrow(
      /has 3 partitions.*Delete this topic/,
    )
  })

  test('are let go of when they are turned off; those that nobody replicates stay', () => {
    expect([...kept({ withRows: [] }).keys()]).toEqual(['account-rows'])
    expect([...kept({ resources: [LISTINGS, ACCOUNTS], withRows: [] }).keys()]).toEqual([])
  })

  test('of an empty feed have nothing to be filled', () => {
    const empty = { listings: [0, 0] }
    const none = { 'listing-rows': [0, 0] }
    const mark = kept({
      log: { ...LOG, rows: new Map(), nextOffsets: {}, startOffsets: {} },
      extent: { startOffsets: empty, nextOffsets: empty },
      rowExtent: { startOffsets: none, nextOffsets: none },
    }).get('listing-rows')
    expect(mark).toBe(FILLED)
    expect(isFilled(FILLED)).toBe(true)
    expect(isFilled(BEGINNING)).toBe(false)
  })
})
