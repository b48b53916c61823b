import { expect, test } from 'vitest'

import { csvLine } from '../../../src/app/reports/csv.ts'

test('commas, quotes and blanks at an end are within quotes; nothing is an empty cell', () => {
  const cells = ['a', 'b,c', 'say "x"', ' d', 1.5, -2, null, 'e f']
  expect(csvLine(cells)).toBe('a,"b,c","say ""x"""," d",1.5,-2,,e f')
})

test('what a spreadsheet would take for a formula, or a terminal for a command, is neither', () => {
  expect(csvLine(['=1+1', '+1', '-1', '@x', '\u001B[2J', 'a\nb'])).toBe(
    String.raw`'=1+1,'+1,'-1,'@x,\u001b[2J,a\nb`,
  )
})
