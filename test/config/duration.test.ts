import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import { parseDuration } from '../../src/config/duration.ts'

test.each([
  ['500ms', 500],
  ['90s', 90_000],
  ['5m', 300_000],
  ['24h', 86_400_000],
  ['1d', 86_400_000],
  ['0s', 0],
])('%s is %i ms', (text, ms) => {
  expect(parseDuration(text)).toBe(ms)
})

test.each(['', '5', 'm', '5 m', '-5m', '1.5h', '5M', '5m30s', '1e3s'])('%j is no duration', (text) => {
  expect(parseDuration(text)).toBeUndefined()
})

test('any whole number of milliseconds can be written', () => {
  fc.assert(fc.property(fc.nat(), (ms) => parseDuration(`${ms}ms`) === ms))
})
