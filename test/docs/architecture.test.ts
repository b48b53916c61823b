import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { ROOMS } from '../../oxlint.config.ts'
import { read, ROOT } from './repository.ts'
import { roomGraph } from './room-graph.ts'

const PAGE = read('docs/architecture.md')

/** Third column of docs/architecture.md, "Rooms". */
function documented(): ReadonlyMap<string, string> {
  const rows = [...PAGE.matchAll(/^\| `([a-z-]+)\/` \| .* \| (.*) \|$/gm)]
  return new Map(rows.map(([, name = '', imports = '']) => [name, imports]))
}

function inWords({ imports, types }: (typeof ROOMS)[string], above: number): string {
  if (above > 1 && imports.length === above) return 'the rooms above'
  const parts = [...imports, ...types.map((room) => `types of ${room}`)]
  return parts.length === 0 ? '–' : parts.join(', ')
}

test('every folder of src/ is a room of the table that the import rules are made from', () => {
  const folders = readdirSync(join(ROOT, 'src'), { withFileTypes: true }).filter((entry) =>
    entry.isDirectory(),
  )
  expect(folders.map(({ name }) => name).filter((name) => !(name in ROOMS))).toEqual([])
})

test('docs/architecture.md says of each room what that table says', () => {
  const table = Object.entries(ROOMS).map(([name, room], above) => [name, inWords(room, above)] as const)
  expect([...documented()]).toEqual(table)
})

test('the picture of the rooms is the one that the table makes', () => {
  const [, picture] = /^```mermaid\n([^`]*)\n```$/m.exec(PAGE) ?? []
  expect(picture).toBe(roomGraph(ROOMS))
})

test('a picture of rooms leaves out what follows from other arrows', () => {
  const room = { imports: [], types: [], libraries: [], pure: false }
  const rooms = {
    base: room,
    core: { ...room, imports: ['base'] },
    edge: { ...room, imports: ['base'], types: ['core'] },
    rim: { ...room, imports: ['base'], types: ['core', 'edge'] },
    top: { ...room, imports: ['base', 'core', 'edge'] },
  }
  const arrows = ['core --> base', 'edge --> base', 'edge -.-> core', 'rim --> base', 'rim -.-> edge']
  const top = ['top --> core', 'top --> edge']
  expect(roomGraph(rooms)).toBe(['graph TD', ...[...arrows, ...top].map((arrow) => `  ${arrow}`)].join('\n'))
})

test('the files of the main path exist, and are six', () => {
  const path = PAGE.slice(PAGE.indexOf('## The main path'), PAGE.indexOf('## Rooms'))
  const steps = path.match(/^\d+\. .*$/gm) ?? []
  const files = [...path.matchAll(/`(src\/[^`]+\.ts)`/g)].map(([, file = '']) => file)
  expect(steps).toHaveLength(6)
  expect(files.filter((file) => !existsSync(join(ROOT, file)))).toEqual([])
})
