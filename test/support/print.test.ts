import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from 'vitest'

const SOURCES = join(import.meta.dirname, '../../src')
/** Help, which is ours alone; and what a simulator says of itself. */
const OWN_WORDS = ['cli/program.ts', 'simulator/simulate.ts', 'support/print.ts']

test('results reach standard output through support/print.ts alone, where nothing from outside acts on a terminal', () => {
  const direct = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !OWN_WORDS.includes(file))
    .filter((file) => readFileSync(join(SOURCES, file), 'utf8').includes('process.stdout.write'))
  expect(direct).toEqual([])
})
