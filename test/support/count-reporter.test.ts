import { describe, expect, test } from 'vitest'

import { countLine, countTests } from './count-reporter.ts'
import type { CountedModule } from './count-reporter.ts'

function module(state: string, ...tests: readonly string[]): CountedModule {
  return {
    state: () => state,
    children: { allTests: () => tests.map((test) => ({ result: () => ({ state: test }) })) },
  }
}

describe('the last line of a run', () => {
  test('names skipped tests only if there are any', () => {
    expect(countLine({ passed: 3, failed: 0, skipped: 0 })).toBe('3 passed, 0 failed')
    expect(countLine({ passed: 3, failed: 1, skipped: 2 })).toBe('3 passed, 1 failed, 2 skipped')
  })

  test('counts every test once, and one that never finished as failed', () => {
    const modules = [module('passed', 'passed', 'skipped'), module('failed', 'passed', 'failed', 'pending')]
    expect(countTests(modules, 0)).toEqual({ passed: 2, failed: 2, skipped: 1 })
  })

  test('a file that cannot be loaded, a failed hook and an error outside every test are failures', () => {
    expect(countTests([module('failed')], 0)).toEqual({ passed: 0, failed: 1, skipped: 0 })
    expect(countTests([module('failed', 'passed')], 0)).toEqual({ passed: 1, failed: 1, skipped: 0 })
    expect(countTests([module('passed', 'passed')], 2)).toEqual({ passed: 1, failed: 2, skipped: 0 })
  })
})
