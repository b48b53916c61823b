import { expect, test } from 'vitest'

import { endsSweep, SWEEP_DOUBTS } from '../../src/domain/sweep-doubt.ts'
import { read } from './repository.ts'

/** Of the two tables, the reasons in the first column. */
function inDocs(): readonly (readonly string[])[] {
  const [, section = ''] = read('docs/operations.md').split(/^### An inconclusive purge$/m)
  const [chapter = ''] = section.split(/^##/m)
  const tables = chapter.split('| reason |').slice(1)
  return tables.map((table) =>
    [...table.matchAll(/^\| (`.*?) \|/gm)].flatMap(([, cell = '']) => cell.match(/(?<=`)\w+(?=`)/g) ?? []),
  )
}

test('docs/operations.md has every reason for which a sweep is not believed, and which of them end it', () => {
  const [ending = [], passing = []] = inDocs()
  expect(ending.toSorted()).toEqual(SWEEP_DOUBTS.filter(endsSweep).toSorted())
  expect(passing.toSorted()).toEqual(SWEEP_DOUBTS.filter((doubt) => !endsSweep(doubt)).toSorted())
})
