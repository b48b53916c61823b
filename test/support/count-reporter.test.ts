import { describe, expect, test } from 'vitest'

import { countLine, countRun, countTests } from './count-reporter.ts'
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

  test('a run that ends badly never reads as success, even if no test of it failed', () => {
    const clean = { passed: 4, failed: 0, skipped: 0 }
    expect(countRun(clean, 0)).toEqual(clean)
    expect(countRun(clean, 1)).toEqual({ ...clean, failed: 1 })
    expect(countRun({ ...clean, failed: 2 }, 1)).toEqual({ ...clean, failed: 2 })
  })
})
