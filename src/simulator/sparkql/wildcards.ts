/** Of one comparison (docs/spark-api.md §2.7). */
export const MAX_WILDCARDS = 3

const PARTS = /\\[*?]|[*?]|[^\\*?]+|\\/gsu

/** How many `*` and `?` of a text stand for something else. A backslash before them makes them plain. */
export function wildcardsIn(text: string): number {
  return partsOf(text).filter((part) => part === '*' || part === '?').length
}

/** The text that is meant where it has no wildcards. */
export function plainText(text: string): string {
  return partsOf(text).map(plainPart).join('')
}

/** `*` stands for any text, `?` for one character or none. */
export function wildcardTest(text: string): (value: string) => boolean {
  const source = partsOf(text).map((part) => {
    if (part === '*') return '.*'
    if (part === '?') return '.?'
    return RegExp.escape(plainPart(part))
  })
  const pattern = new RegExp(`^${source.join('')}$`, 'su')
  return (value) => pattern.test(value)
}

function partsOf(text: string): readonly string[] {
  return text.match(PARTS) ?? []
}

function plainPart(part: string): string {
  return part === String.raw`\*` || part === String.raw`\?` ? part.slice(1) : part
}
