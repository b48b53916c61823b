import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import { MinuteSeries } from '../../../src/ops/page/minute-series.ts'

const DAY = 24 * 60

test('what was written in the last day is read as it was, what is older or was left out is not known', () => {
  const writes = fc.array(fc.record({ minute: fc.integer({ min: 0, max: 3 * DAY }), value: fc.nat(1_000) }))
  fc.assert(
    fc.property(writes, (written) => {
      const series = new MinuteSeries()
      const known = new Map<number, number>()
      let last = -1
      for (const { minute, value } of written) {
        series.set(minute, value)
        if (minute > last - DAY) known.set(minute, value)
        last = Math.max(last, minute)
      }
      const { from, values } = series.between(0, 3 * DAY)
      expect(values).toHaveLength(DAY)
      for (const [index, value] of values.entries()) {
        const minute = from + index
        const expected = minute <= last - DAY ? null : (known.get(minute) ?? null)
        expect(value).toBe(expected)
      }
    }),
  )
})
