import { expect, test } from 'vitest'

import { budgetLog } from '../../src/ops/budget-log.ts'
import { createLogger } from '../../src/ops/logger.ts'

test('the granted rate is told when it comes to another tenth of the limit, and when it is the limit again', () => {
  const lines: { level: string; granted: number }[] = []
  const destination = { write: (line: string) => lines.push(JSON.parse(line)) }
  const granted = budgetLog(createLogger({ level: 'info', destination }))
  granted(850, 1_000)
  granted(810, 1_000)
  granted(700, 1_000)
  granted(1_000, 1_000)
  granted(850, 1_000)
  expect(lines.map(({ level, granted: rate }) => [level, rate])).toEqual([
    ['warn', 850],
    ['warn', 700],
    ['info', 1_000],
    ['warn', 850],
  ])
})
