import { expect, test } from 'vitest'

import { describeHold, describeOthers } from '../../../src/app/reports/describe-hold.ts'
import type { HoldReport } from '../../../src/app/holds/hold-report.ts'

const HOLD: HoldReport = {
  resource: 'listings',
  sweep: 's-1',
  kind: 'deletes',
  startedAt: '2026-05-02T14:00:00.000Z',
  heldAt: '2026-05-02T14:05:00.000Z',
  why: '120 deletes are above PURGE_HARD_MAX (100)',
  pass: 'purge',
  records: 0,
  deletes: 120,
  preview: {
    total: 120,
    keys: [],
    notListed: 120,
    groups: { mlsId: [{ value: 'mls-1', count: 120 }] },
    others: {},
  },
}

test('what is held, by which sweep and why, the groups, and how to approve and reject it', () => {
  expect(describeHold(HOLD)).toEqual([
    '120 deletes of listings are held since 2026-05-02T14:05:00.000Z by sweep s-1: 120 deletes are above PURGE_HARD_MAX (100)',
    '  by MLS: mls-1 120',
    '  first keys:',
    '    … and 120 more; --json has the first 1000',
    '"listingstream purge approve s-1 --max 120" asks for each again and deletes what is gone',
    '"listingstream purge reject s-1" ends the hold and deletes nothing; the next sweep judges anew',
  ])
})

test('of records it says what would be published, and by which pass they are held (R10)', () => {
  const why = '300 of 2000 records that were read again gained masked fields'
  expect(describeHold({ ...HOLD, kind: 'masking', pass: 'update', deletes: 0, records: 300, why })).toEqual([
    `300 records of listings are held since 2026-05-02T14:05:00.000Z by update s-1, and what they say now is not published: ${why}`,
    '  by MLS: mls-1 120',
    '  first keys:',
    '    … and 120 more; --json has the first 1000',
    '"listingstream purge approve s-1 --max 300" reads each again and publishes what it says',
    '"listingstream purge reject s-1" ends the hold and publishes nothing; the next pass judges anew',
  ])
})

test('what else is held of the resource is named, with the way to see it', () => {
  const others = [{ sweep: 's-2', kind: 'masking', pass: 'update', keys: 300 }]
  expect(describeOthers('accounts', others)).toEqual([
    '300 records that gained masked fields are held, too, by an update: "listingstream purge show s-2 --resource accounts" shows them',
  ])
})

test('of another resource the commands name it', () => {
  const lines = describeHold({ ...HOLD, resource: 'accounts' })
  expect(lines.filter((line) => line.includes('--resource accounts'))).toHaveLength(2)
})
