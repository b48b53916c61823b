import { expect, test } from 'vitest'

import { budgetLog } from '../../src/ops/budget-log.ts'
import { createLogger } from '../../src/ops/logger.ts'

test('the granted rate is told when it comes to another tenth of the limit, and when it is the limit again', () => {
  const lines: { level: string; granted: number }[] = []
  const destination = { write: (line: string) => lines.push(JSON.parse(line)) }
  const { granted } = budgetLog(createLogger({ level: 'info', destination }))
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

test('a request that has to wait long is told, once a minute at most', () => {
  const lines: { level: string; purpose: string; seconds: number; msg: string }[] = []
  const destination = { write: (line: string) => lines.push(JSON.parse(line)) }
  let now = 0
  const { waits } = budgetLog(createLogger({ level: 'info', destination }), () => now)
  waits('walk', 4_999)
  waits('walk', 37_500)
  now = 59_999
  waits('media', 40_000)
  now = 60_000
  waits('update', 5_000)
  expect(lines).toMatchObject([
    { level: 'info', setting: 'API_RATE', purpose: 'walk', seconds: 38 },
    { level: 'info', purpose: 'update', seconds: 5 },
  ])
  expect(lines[0]?.msg).toBe('a request (walk) waits 38 s for its turn within the request budget')
})
