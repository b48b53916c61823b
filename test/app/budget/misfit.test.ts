import { expect, test } from 'vitest'

import { misfitOf, misfitWarning } from '../../../src/app/budget/misfit.ts'
import { loadSettings } from '../../../src/config/load-settings.ts'
import { createLogger } from '../../../src/ops/logger.ts'
import { WalkTotals } from '../../../src/ops/walk-totals.ts'
import { ACCOUNTS } from '../../../src/resources/accounts.ts'

const NO_PASSES = new Map()

function settingsWith(env: Readonly<Record<string, string>>) {
  return loadSettings(['spark', 'passes'], { env: { SPARK_ACCESS_TOKEN: 'a-token-4711', ...env } })
}

test('the settings of the README fit, and updates too often for the rate do not', () => {
  const totals = new WalkTotals()
  totals.learn(ACCOUNTS.name, 100_000)
  expect(misfitOf(settingsWith({}), [ACCOUNTS], totals, NO_PASSES)).toBeNull()
  expect(misfitOf(settingsWith({ UPDATE_INTERVAL: '100ms' }), [ACCOUNTS], totals, NO_PASSES)).toMatch(
    /^It does not fit: .* UPDATE_INTERVAL=1m/,
  )
})

test('the warning comes when the number of records is known, and once', () => {
  const lines: { level: string; msg: string }[] = []
  const destination = { write: (line: string) => lines.push(JSON.parse(line)) }
  const logger = createLogger({ level: 'info', destination })
  const totals = new WalkTotals()
  const settings = settingsWith({ PURGE_INTERVAL: '1m', API_RATE: '100' })
  const warn = misfitWarning({ settings, totals, logger }, [ACCOUNTS], { passes: NO_PASSES })
  warn()
  expect(lines).toEqual([])
  totals.learn(ACCOUNTS.name, 100_000)
  warn()
  warn()
  expect(lines.map(({ level }) => level)).toEqual(['warn'])
})
