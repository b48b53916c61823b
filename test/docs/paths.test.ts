import { existsSync, globSync } from 'node:fs'
import { posix } from 'node:path'

import { describe, expect, test } from 'vitest'

import { PAGES, read, ROOT } from './repository.ts'

/** Made by a run, not kept. */
const MADE = new Set(['bench/results/*.json'])

/** What pages say of files: `src/kafka/errors.ts`, `src/resources/<name>.ts`, `vitest.config.ts`. */
function pathsIn(markdown: string): readonly string[] {
  const spans = markdown.match(/(?<=`)[^`\s]+(?=`)/g) ?? []
  return spans.filter((span) =>
    /^(?:src|test|docs|bench|schemas|stack|examples)\/|^[\w.-]+\.(?:ts|md)$/.test(span),
  )
}

/** Of links without what they say of the section. */
function targetsIn(markdown: string): readonly string[] {
  return [...markdown.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target))
}

/** A name in angle brackets stands for any, as a star does: one at least has to exist. */
function exists(path: string): boolean {
  if (MADE.has(path)) return true
  const pattern = path.replaceAll(/<[^>]+>/g, '*')
  return pattern.includes('*')
    ? globSync(pattern, { cwd: ROOT }).length > 0
    : existsSync(posix.join(ROOT, path))
}

/** The changelog tells of files as they were. */
const OF_TODAY = PAGES.filter((page) => page !== 'CHANGELOG.md')

test('every file that a page names exists', () => {
  const named = OF_TODAY.flatMap((page) => pathsIn(read(page)).map((path) => ({ page, path })))
  expect(named.filter(({ path }) => !exists(path))).toEqual([])
})

test('every file that a page links to exists', () => {
  const linked = PAGES.flatMap((page) =>
    targetsIn(read(page)).map((target) => ({ page, path: posix.join(posix.dirname(page), target) })),
  )
  expect(linked.filter(({ path }) => !existsSync(posix.join(ROOT, path)))).toEqual([])
})

describe('what is taken for a path', () => {
  test('is in backticks, and begins with a folder of the repository or is one of its files', () => {
    const page = 'See `src/a.ts`, src/b.ts, `docs/`, `b.ts`, `data/c.ts`, `feed.yaml` and `npm ci`.'
    expect(pathsIn(page)).toEqual(['src/a.ts', 'docs/', 'b.ts'])
  })

  test('a link is one without its section, but not one to another site', () => {
    expect(targetsIn('[a](b.md#c) [d](#e) [f](https://g.example/h) [i](../j.md)')).toEqual([
      'b.md',
      '../j.md',
    ])
  })

  test('does not exist if nothing has that name', () => {
    expect(exists('src/nothing.ts')).toBe(false)
    expect(exists('src/nothing/<name>.ts')).toBe(false)
    expect(exists('test/docs/<name>.test.ts')).toBe(true)
  })
})
