/** What comments, pages and names of tests refer to: pages with their sections, and invariants. */

/** A part of a page: its number (`4.2`), its title, or what a link calls it (`error-codes`). */
export interface Section {
  readonly by: 'number' | 'title' | 'anchor'
  readonly name: string
}

export interface Citation {
  /** As it is named; null for a section without a page. */
  readonly page: string | null
  /** Null for the page as a whole. */
  readonly section: Section | null
}

/** `R9`, or `R9 b` with its letter. */
export type InvariantName = string

const PAGE = String.raw`(?<page>(?:[\w.-]+\/)*[\w-]+\.md)`
const NUMBER = String.raw`§\d+(?:\.\d+)*(?:–\d+(?:\.\d+)*)?`
const NUMBERS = String.raw`(?<numbers>(?:,? (?:and )?${NUMBER})+)`
const TITLES = String.raw`(?<titles>(?:,? (?:and )?"[A-Z][^"]*")+)`
const ANCHOR = String.raw`#(?<anchor>[\w-]+)`
/** Sections of standards are not ours to check. */
const STANDARD = String.raw`RFC \d+ ${NUMBER}`
const CITATION = new RegExp(
  `${STANDARD}|${PAGE}(?:${ANCHOR}|${NUMBERS}|${TITLES})?|\\(${ANCHOR.replace('anchor', 'own')}\\)|(?<alone>${NUMBER})`,
  'g',
)

export function citationsIn(text: string): readonly Citation[] {
  return [...unwrapped(text).matchAll(CITATION)].flatMap(({ groups = {} }): readonly Citation[] => {
    const page = groups['page'] ?? null
    const sections = [
      ...numbersIn(`${groups['numbers'] ?? ''}${groups['alone'] ?? ''}`),
      ...titlesIn(groups['titles'] ?? ''),
      ...anchorsIn(groups['anchor'] ?? groups['own']),
    ]
    if (sections.length > 0) return sections.map((section) => ({ page, section }))
    return page === null ? [] : [{ page, section: null }]
  })
}

/** Both ends of a range. */
function numbersIn(text: string): readonly Section[] {
  return (text.match(/\d+(?:\.\d+)*/g) ?? []).map((name) => ({ by: 'number', name }))
}

function titlesIn(text: string): readonly Section[] {
  return [...text.matchAll(/"([^"]*)"/g)].map(([, name = '']) => ({ by: 'title', name }))
}

function anchorsIn(name: string | undefined): readonly Section[] {
  return name === undefined ? [] : [{ by: 'anchor', name }]
}

const LETTER = String.raw`(?:\([a-z]\)|[a-z](?=[),.:;'"]))`
const INVARIANT = new RegExp(String.raw`\bR(\d+)\b((?:,? (?:and )?${LETTER})*)`, 'g')

/** Of `R9 a, b` both letters, and not the invariant as a whole. */
export function invariantsIn(text: string): readonly InvariantName[] {
  return [...unwrapped(text).matchAll(INVARIANT)].flatMap(([, number, letters = '']) => {
    const named = letters.replaceAll('and', '').match(/[a-z]/g) ?? []
    return named.length === 0 ? [`R${number}`] : named.map((letter) => `R${number} ${letter}`)
  })
}

/** Comments and paragraphs as one line: a citation may be broken where a line is. */
function unwrapped(text: string): string {
  return text.replaceAll(/\n[ \t]*(?:(?:\*(?!\/)|\/\/|#)[ \t]?)?[ \t]*/g, ' ')
}

/** What a page of Markdown has. */
export function sectionsOf(markdown: string): readonly Section[] {
  const headings = [...markdown.matchAll(/^#+ (?:(\d+(?:\.\d+)*) )?(.+)$/gm)]
  return headings.flatMap(([, number, title = '']): readonly Section[] => [
    ...(number === undefined ? [] : [{ by: 'number' as const, name: number }]),
    { by: 'title', name: title.replaceAll('`', '') },
    { by: 'anchor', name: anchorOf(number === undefined ? title : `${number} ${title}`) },
  ])
}

/** As GitHub makes it. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
    .replaceAll(' ', '-')
}

/** The invariants of docs/replication.md, "Invariants": each by itself, or by its letters where its text has them. */
export function invariantsOf(markdown: string): readonly InvariantName[] {
  const [, section = ''] = markdown.split(/^## Invariants$/m)
  const rules = section.split(/^## /m)[0]?.split(/^- \*\*(?=R\d)/m) ?? []
  return rules.slice(1).flatMap((rule) => {
    const [name = ''] = rule.split(' ')
    const letters = [...rule.matchAll(/\(([a-z])\) /g)].map(([, letter]) => `${name} ${letter}`)
    return letters.length === 0 ? [name] : letters
  })
}

/** Texts in quotes, where a test has its name. */
export function textsIn(source: string): readonly string[] {
  return source.match(/'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\\n]|\\.)*`/g) ?? []
}
