import { expect, test } from 'vitest'

import { printable, seen } from '../../page/printable.js'
import { printable as printableInTerminal } from '../../src/support/printable.ts'

test('the page shows what would not be seen, or would act, as the terminal does', () => {
  const differing: string[] = []
  for (let code = 0; code <= 0x10_ff_ff; code += 1) {
    const text = `a${String.fromCodePoint(code)}b`
    if (printable(text) !== printableInTerminal(text)) differing.push(code.toString(16))
  }
  expect(differing).toEqual([])
  expect(printable('safe \u202Egnp.exe\u2069')).toBe(String.raw`safe \u202egnp.exe\u2069`)
})

test('of templates every text is, in lists too; line breaks and whatever is no text stay', () => {
  const view = { strings: [] }
  expect(seen(['\u2066a\nb', 3, null, view, ['\u0007']])).toEqual([
    String.raw`\u2066a` + '\nb',
    3,
    null,
    view,
    [String.raw`\u0007`],
  ])
})
