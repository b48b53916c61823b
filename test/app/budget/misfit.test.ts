import { expect, test } from 'vitest'

import { misfitOf, warnOfMisfit } from '../../../src/app/budget/misfit.ts'
import { loadSettings } from '../../../src/config/load-settings.ts'
import { createLogger } from '../../../src/ops/logger.ts'
import { WalkTotals } from '../../../src/ops/walk-totals.ts'
import { ACCOUNTS } from '../../../src/resources/accounts.ts'

const NO_PASSES = new Map()

function settingsWith(env: Readonly<Record<string, string>>) {
  return loadSettings(['spark', 'passes'], { env: { SPARK_ACCESS_TOKEN: 'a-token-4711', ...env } })
}

test('the settings of the README fit, but not updates too often for the rate, nor a rate of which the source grants little', () => {
  const given = { records: new Map([[ACCOUNTS.name, 100_000]]), changesPerDay: new Map() }
  const misfit = (env: Readonly<Record<string, string>>, rate: number) =>
    misfitOf(settingsWith(env), rate, [ACCOUNTS], given, NO_PASSES)
  expect(misfit({}, 1_500)).toBeNull()
  expect(misfit({ UPDATE_INTERVAL: '100ms' }, 1_500)).toMatch(/^It does not fit: .* UPDATE_INTERVAL=1m/)
  expect(misfit({ UPDATE_INTERVAL: '1s' }, 1_500)).toBeNull()
  expect(misfit({ UPDATE_INTERVAL: '1s' }, 800)).toMatch(/^It does not fit/)
})

test('what does not fit is warned of, and what fits is not', () => {
  const lines: { level: string; msg: string }[] = []
  const destination = { write: (line: string) => lines.push(JSON.parse(line)) }
  const logger = createLogger({ level: 'info', destination })
  const totals = new WalkTotals()
  totals.learn(ACCOUNTS.name, 100_000)
  const warn = (env: Readonly<Record<string, string>>): void =>
    warnOfMisfit({ settings: settingsWith(env), totals, logger }, [ACCOUNTS], { passes: NO_PASSES })
  warn({})
  expect(lines).toEqual([])
  warn({ PURGE_INTERVAL: '1m', API_RATE: '100' })
  expect(lines).toMatchObject([
    { level: 'warn', setting: 'API_RATE', msg: expect.stringContaining('It does not fit') },
  ])
})
