import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { ROOMS } from '../../oxlint.config.ts'
import { read, ROOT } from './repository.ts'

const PAGE = read('docs/architecture.md')

/** Third column of docs/architecture.md, "Rooms". */
function documented(): ReadonlyMap<string, string> {
  const rows = [...PAGE.matchAll(/^\| `([a-z-]+)\/` \| .* \| (.*) \|$/gm)]
  return new Map(rows.map(([, name = '', imports = '']) => [name, imports]))
}

function inWords({ imports, types }: (typeof ROOMS)[string]): string {
  const several = (names: readonly string[]): string =>
    names.length > 2 ? 'the rooms above' : names.join(', ')
  const parts = [...imports, ...(types.length === 0 ? [] : [`types of ${several(types)}`])]
  if (parts.length > Object.keys(ROOMS).length - 3) return 'all but cli'
  return parts.length === 0 ? '–' : parts.join(', ')
}

test('every folder of src/ is a room of the table that the import rules are made from', () => {
  const folders = readdirSync(join(ROOT, 'src'), { withFileTypes: true }).filter((entry) =>
    entry.isDirectory(),
  )
  expect(folders.map(({ name }) => name).filter((name) => !(name in ROOMS))).toEqual([])
})

test('docs/architecture.md says of each room what that table says', () => {
  const table = Object.entries(ROOMS).map(([name, room]) => [name, inWords(room)] as const)
  expect([...documented()]).toEqual(table)
})

test('the files of the main path exist, and are six', () => {
  const path = PAGE.slice(PAGE.indexOf('## The main path'), PAGE.indexOf('## Rooms'))
  const steps = path.match(/^\d+\. .*$/gm) ?? []
  const files = [...path.matchAll(/`(src\/[^`]+\.ts)`/g)].map(([, file = '']) => file)
  expect(steps).toHaveLength(6)
  expect(files.filter((file) => !existsSync(join(ROOT, file)))).toEqual([])
})
