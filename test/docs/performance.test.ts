import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { describe, expect, test } from 'vitest'
import { z } from 'zod'

import { figure, isMet } from '../../bench/tools/figure.ts'
import { RESULT, withFigures } from '../../bench/tools/tables.ts'
import { ROOT } from './repository.ts'

describe('docs/performance.md', () => {
  test('shows the figures of docs/performance.json, as bench/write-tables.ts makes them', async () => {
    const page = await readFile(join(ROOT, 'docs/performance.md'), 'utf8')
    const json: unknown = JSON.parse(await readFile(join(ROOT, 'docs/performance.json'), 'utf8'))
    expect(page).toBe(withFigures(page, z.array(RESULT).parse(json)))
  })

  test('says of a figure whether it meets its aim', () => {
    const of = (values: readonly number[], others: readonly number[]): string => {
      const one = figure({
        what: 'initial download',
        unit: 'listings/s',
        values,
        against: { what: 'the limit', values: others },
        aim: { of: 'ratio', atLeast: 0.75 },
      })
      const machine = {
        program: 'listingstream/1',
        commit: 'abc',
        date: '2026-11-26T00:00:00Z',
        node: 'v24.0.0',
        cpu: 'x',
        cores: 2,
        memoryGb: 8,
        kernel: '6',
        loadBefore: 0,
      }
      const result = {
        part: 'download',
        title: '',
        machine,
        sizes: { listings: 1, many: 1, rounds: 3 },
        seconds: 1,
        figures: [one],
      }
      const empty = `${BEGIN}\n${END}`
      return withFigures(empty, [result])
    }
    // Rounds are divided one by one: 0.6, 0.8 and 1, not the quotient of the medians.
    expect(of([6, 8, 10], [10, 10, 10])).toContain('| 0.80 (0.60 to 1.00) | ≥ 0.75: met |')
    expect(of([6, 7, 8], [10, 10, 10])).toContain('| 0.70 (0.60 to 0.80) | **≥ 0.75: not met** |')
  })

  test('has no verdict on a figure without an aim', () => {
    expect(isMet(figure({ what: 'memory', unit: 'MB', values: [1] }))).toBeNull()
  })
})

const BEGIN = '<!-- Made by `node bench/write-tables.ts` from docs/performance.json; not to be edited. -->'
const END = '<!-- The end of what is made. -->'
