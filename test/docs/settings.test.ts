import { expect, test } from 'vitest'

import { GROUPS } from '../../src/config/groups.ts'
import { read } from './repository.ts'

test('the README names every setting, and none that does not exist', () => {
  const page = read('README.md')
  const [, section = ''] = page.split(/^## Settings$/m)
  const table = section
    .split(/^## /m)[0]!
    .split('\n')
    .filter((line) => line.startsWith('| `'))
  const named = table.flatMap((line) => line.match(/(?<=`)[A-Z][A-Z_]+(?=`)/g) ?? [])
  const known = Object.values(GROUPS).flatMap(({ variables }) => variables)
  expect(new Set(named)).toEqual(new Set(known))
})
