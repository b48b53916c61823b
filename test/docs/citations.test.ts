import { posix } from 'node:path'

import { describe, expect, test } from 'vitest'

import {
  citationsIn,
  invariantsIn,
  invariantsOf,
  sectionsOf,
  textsIn,
  type Citation,
  type Section,
} from './citations.ts'
import { filesLike, PAGES, read } from './repository.ts'

/** Their samples cite what is not there. */
const SAMPLES = new Set(['test/docs/citations.test.ts', 'test/docs/paths.test.ts'])

const FILES = [
  ...PAGES,
  ...filesLike('*.ts', '*.yml', 'Makefile', '{src,test,bench,schemas,stack}/**/*.{ts,avsc,xml,properties}'),
].filter((file) => !SAMPLES.has(file))

const SECTIONS = new Map(PAGES.map((page) => [page, sectionsOf(read(page))]))
const INVARIANTS = invariantsOf(read('docs/replication.md'))

/** A page is named from the root, or in a link from where the link stands. */
function pageOf(citation: Citation, file: string): string | undefined {
  if (citation.page === null) return file
  const beside = posix.join(posix.dirname(file), citation.page)
  return [citation.page, beside].find((page) => SECTIONS.has(page))
}

function exists(citation: Citation, file: string): boolean {
  const page = pageOf(citation, file)
  const sections = page === undefined ? undefined : SECTIONS.get(page)
  if (sections === undefined) return false
  const { section } = citation
  return section === null || sections.some(({ by, name }) => by === section.by && name === section.name)
}

function inWords(file: string, { page, section }: Citation): string {
  return `${file}: ${page ?? 'no page'}${section === null ? '' : `, ${section.by} ${section.name}`}`
}

/** An invariant with letters may be named as a whole, too. */
function isInvariant(name: string): boolean {
  return INVARIANTS.some((known) => known === name || known.startsWith(`${name} `))
}

test('every page and section that a comment, a page or a test names exists', () => {
  const broken = FILES.flatMap((file) =>
    citationsIn(read(file))
      .filter((citation) => !exists(citation, file))
      .map((citation) => inWords(file, citation)),
  )
  expect(broken).toEqual([])
})

test('every invariant that a comment, a page or a test names exists, with its letter', () => {
  const broken = FILES.flatMap((file) =>
    invariantsIn(read(file))
      .filter((name) => !isInvariant(name))
      .map((name) => `${file}: ${name}`),
  )
  expect(broken).toEqual([])
})

test('every invariant, and each of its letters, is in the name of a test', () => {
  const names = filesLike('test/**/*.test.ts').filter((file) => !SAMPLES.has(file))
  const cited = new Set(names.flatMap((file) => textsIn(read(file)).flatMap(invariantsIn)))
  expect(INVARIANTS.filter((name) => !cited.has(name))).toEqual([])
})

describe('what does not exist', () => {
  test.each([
    'docs/nowhere.md',
    'simulator.md, "Collections"',
    'docs/spark-api.md §1.99',
    'docs/operations.md, "Nothing of the kind"',
    '[x](docs/operations.md#nothing-of-the-kind)',
    'as §1.1 has it',
  ])('%s', (text) => {
    expect(citationsIn(text).map((citation) => exists(citation, 'src/cli/main.ts'))).toEqual([false])
  })

  test.each(['R0', 'R99', 'R9 z', 'R1 a'])('%s', (name) => {
    expect(invariantsIn(`(${name})`).map(isInvariant)).toEqual([false])
  })
})

describe('what is taken for a citation', () => {
  const numbered = (page: string | null, ...names: readonly string[]): readonly Citation[] =>
    names.map((name) => ({ page, section: { by: 'number', name } }))
  const titled = (page: string, ...names: readonly string[]): readonly Citation[] =>
    names.map((name) => ({ page, section: { by: 'title', name } }))

  test.each([
    ['a page', 'see docs/a.md.', [{ page: 'docs/a.md', section: null }]],
    ['a number', '(docs/a.md §4.2)', numbered('docs/a.md', '4.2')],
    ['several', 'docs/a.md §1.3, §11 and §12', numbered('docs/a.md', '1.3', '11', '12')],
    ['a range', 'docs/a.md §2.1–2.3, R7', numbered('docs/a.md', '2.1', '2.3')],
    ['a number without a page', 'as §5 has it', numbered(null, '5')],
    ['a title', 'docs/a.md, "What to do", or', titled('docs/a.md', 'What to do')],
    ['titles', 'README.md, "Settings" and "Commands"', titled('README.md', 'Settings', 'Commands')],
    [
      'a title of several words over two lines',
      '// docs/a.md, "Error\n  // codes"',
      titled('docs/a.md', 'Error codes'),
    ],
    ['a comment that is broken at the page', ' * (docs/a.md\n * §4.1): `View`', numbered('docs/a.md', '4.1')],
    ['a link', '[x](a.md#error-codes)', [{ page: 'a.md', section: { by: 'anchor', name: 'error-codes' } }]],
    [
      'a link within the page',
      '[x](#error-codes)',
      [{ page: null, section: { by: 'anchor', name: 'error-codes' } }],
    ],
    ['a standard', 'RFC 9110 §13.2.2', []],
    [
      'a text that follows a name of a file',
      '["README.md", "LICENSE"]',
      [{ page: 'README.md', section: null }],
    ],
  ] as const)('%s', (_, text, found) => {
    expect(citationsIn(text)).toEqual(found)
  })

  test.each([
    ['by itself', 'nothing is lost (R12)', ['R12']],
    ['several', 'R1, R15: both', ['R1', 'R15']],
    ['with a letter', '(R9 b)', ['R9 b']],
    ['with a letter in brackets', 'R9 (b) holds', ['R9 b']],
    ['with letters', '(R7, R9 a, b)', ['R7', 'R9 a', 'R9 b']],
    ['before an article', 'by R9 a listing is kept', ['R9']],
    ['broken at the end of a line', '// (R9\n// c): gone', ['R9 c']],
    ['as part of another word', 'CR9, R9x', []],
  ])('an invariant %s', (_, text, found) => {
    expect(invariantsIn(text)).toEqual(found)
  })
})

describe('what a page has', () => {
  test('sections by number, title and the name that links use', () => {
    const sections: readonly Section[] = [
      { by: 'title', name: 'The folder DATA_DIR, lost' },
      { by: 'anchor', name: 'the-folder-data_dir-lost' },
      { by: 'number', name: '1.3' },
      { by: 'title', name: 'Silent loss' },
      { by: 'anchor', name: '13-silent-loss' },
    ]
    expect(sectionsOf('# The folder `DATA_DIR`, lost\n\n### 1.3 Silent loss\ntext\n')).toEqual(sections)
  })

  test('invariants with the letters of their text', () => {
    const page =
      '## Invariants\n\n- **R1 One.** By (R2).\n- **R9 Proof.** (a) Not shown,\n  (b) gone.\n\n## Else\n\n(c) no\n'
    expect(invariantsOf(page)).toEqual(['R1', 'R9 a', 'R9 b'])
  })
})
