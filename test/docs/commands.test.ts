import type { Command } from 'commander'
import { expect, test } from 'vitest'

import { idleProgram } from '../fixtures/commands.ts'
import { read } from './repository.ts'

const [, AFTER_HEADING = ''] = read('README.md').split(/^## Commands$/m)
const SECTION = AFTER_HEADING.split(/^## /m)[0]!
/** Told once for all commands that have them. */
const SHARED = ['--accept-source', '--feed', '--force', '--take-over']

function optionsIn(text: string): readonly string[] {
  return text.match(/(?<=`)--[a-z-]+/g) ?? []
}

/** Options by command, arguments left out: `schema diff`. */
function documented(): ReadonlyMap<string, readonly string[]> {
  const rows = SECTION.matchAll(/^\| `([a-z -]+)[^`]*` \| (.+) \|$/gm)
  return new Map([...rows].map(([, name = '', words = '']) => [name.trim(), optionsIn(words)]))
}

/** Options by command, for each that does something: a group does if it has options of its own. */
function existing(command: Command, path: readonly string[] = []): readonly [string, readonly string[]][] {
  const children = command.commands.flatMap((child) => existing(child, [...path, child.name()]))
  const isGroup = command.commands.length > 0 && (path.length === 0 || command.options.length === 0)
  return isGroup ? children : [[path.join(' '), command.options.map(({ long }) => long ?? '')], ...children]
}

test('the README names every command, and none that does not exist', () => {
  const known = existing(idleProgram()).map(([name]) => name)
  expect([...documented().keys()].toSorted()).toEqual(known.toSorted())
})

test.each(existing(idleProgram()))(
  'the README names every option of %s, and none that it does not have',
  (name, options) => {
    const own = options.filter((option) => !SHARED.includes(option))
    expect(documented().get(name)?.toSorted()).toEqual(own.toSorted())
  },
)

test('the README says what the options are for that several commands share', () => {
  const [, below = ''] = SECTION.split(/^\|.+\n\n/m)
  expect(optionsIn(below)).toEqual(expect.arrayContaining(SHARED))
})
