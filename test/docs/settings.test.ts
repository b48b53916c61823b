import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { GROUPS } from '../../src/config/groups.ts'

test('the README names every setting, and none that does not exist', () => {
  const page = readFileSync(join(import.meta.dirname, '..', '..', 'README.md'), 'utf8')
  const [, section = ''] = page.split(/^## Settings$/m)
  const table = section
    .split(/^## /m)[0]!
    .split('\n')
    .filter((line) => line.startsWith('| `'))
  const named = table.flatMap((line) => line.match(/(?<=`)[A-Z][A-Z_]+(?=`)/g) ?? [])
  const known = Object.values(GROUPS).flatMap(({ variables }) => variables)
  expect(new Set(named)).toEqual(new Set(known))
})
