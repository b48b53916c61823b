import { expect, test } from 'vitest'

import { alignColumns } from '../../../src/app/reports/table.ts'

test('columns are as wide as their widest cell, two blanks apart, without blanks at the end of a line', () => {
  expect(
    alignColumns(
      [
        ['KEY', 'BYTES', 'REASON'],
        ['k1', '12', ''],
        ['a-long-key', '1048576', 'too large'],
      ],
      [1],
    ),
  ).toEqual(['KEY           BYTES  REASON', 'k1               12', 'a-long-key  1048576  too large'])
})

test('rows may be of different lengths, and there may be none', () => {
  expect(alignColumns([['a'], ['bb', 'c']])).toEqual(['a', 'bb  c'])
  expect(alignColumns([])).toEqual([])
})
