import { expect, test } from 'vitest'

import type { DeletePreview, PreviewKey } from '../../../src/app/passes/delete-preview.ts'
import { describePreview } from '../../../src/app/reports/describe-preview.ts'

const KEY: PreviewKey = {
  key: 'k1',
  mlsId: 'mls-1',
  facts: { status: 'Active', price: 345_000, city: 'Fargo', office: null },
  lastChangedAt: '2026-05-02T14:03:09.000Z',
  lastReadAt: '2026-05-02T14:05:00.000Z',
}

const PREVIEW: DeletePreview = {
  total: 1,
  keys: [KEY],
  notListed: 0,
  groups: {
    mlsId: [{ value: 'mls-1', count: 1 }],
    status: [{ value: 'Active', count: 1 }],
    city: [{ value: 'Fargo', count: 1 }],
    office: [{ value: null, count: 1 }],
  },
  others: {},
}

test('the groups of which anything is known, a line each, then the first keys with what is known of them', () => {
  expect(describePreview(PREVIEW)).toEqual([
    '  by MLS: mls-1 1',
    '  by status: Active 1',
    '  by city: Fargo 1',
    '  first keys:',
    '    k1, Active, 345,000, Fargo, –; changed 2026-05-02 14:03, last read 2026-05-02 14:05',
  ])
})

test('ten keys and six values of a group are shown, the others counted', () => {
  const keys = Array.from({ length: 12 }, (_, n) => ({ ...KEY, key: `k${n}` }))
  const status = Array.from({ length: 8 }, (_, n) => ({ value: `Status ${n}`, count: 2 }))
  const many = {
    ...PREVIEW,
    total: 1_012,
    keys,
    groups: { ...PREVIEW.groups, status },
    others: { status: 3 },
  }
  const lines = describePreview(many)
  expect(lines[1]).toMatch(/^ {2}by status: Status 0 2, .*Status 5 2, others 7$/)
  expect(lines.filter((line) => line.startsWith('    k'))).toHaveLength(10)
  expect(lines.at(-1)).toBe('    … and 1002 more; --json has the first 1000')
})

test('nothing to delete needs no words, and words of others act on no terminal', () => {
  expect(describePreview({ ...PREVIEW, total: 0, keys: [] })).toEqual([])
  const hostile = describePreview({ ...PREVIEW, keys: [{ ...KEY, facts: { city: '\u001B[2J' } }] })
  expect(hostile.join('\n')).not.toContain('\u001B')
})
