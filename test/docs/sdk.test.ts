import { expect, test } from 'vitest'

import * as exported from '../../src/index.ts'
import { read } from './repository.ts'

const PAGE = read('docs/sdk.md')

/** First columns of tables whose first row begins with this word. */
function firstColumns(heading: string): readonly string[] {
  const tables = PAGE.split(`\n| ${heading} |`).slice(1)
  return tables.flatMap((table) => {
    const [rows = ''] = table.split('\n\n')
    return [...rows.matchAll(/^\| `([\w-]+)/gm)].map(([, name = '']) => name)
  })
}

test('docs/sdk.md has a row for each option, and none for what is none', () => {
  const source = read('src/consumer/sdk/consumer-options.ts')
  const interfaces = [...source.matchAll(/^export interface (?:Consumer|Handler)Options .*?\{\n(.*?)^\}/gms)]
  const options = interfaces.flatMap(([, body = '']) => [...body.matchAll(/^ {2}readonly (\w+)\??:/gm)])
  expect(firstColumns('option').toSorted()).toEqual(options.map(([, name = '']) => name).toSorted())
})

test('docs/sdk.md has a row for each resource, with the functions that the package exports', () => {
  const functions = Object.keys(exported).filter((name) => /^(?:consume|handle)/.test(name))
  const [, table = ''] = PAGE.split('\n| resource |')
  const named = [...(table.split('\n\n')[0] ?? '').matchAll(/`((?:consume|handle)\w+)`/g)]
  expect(named.map(([, name = '']) => name).toSorted()).toEqual(functions.toSorted())
})

test('docs/sdk.md has a row for each member of a change', () => {
  const source = read('src/consumer/sdk/change.ts')
  const members = [...source.matchAll(/^ {2}readonly (\w+):/gm)].map(([, name = '']) => name)
  expect([...new Set(members)].filter((name) => !PAGE.includes(`\`${name}\``))).toEqual([])
})
