/** The repository's own files, for the tests that hold its pages and its code together. */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export const ROOT = join(import.meta.dirname, '..', '..')

export function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8')
}

/** Paths from the root, of what people wrote: nothing that is installed, built or measured. */
export function filesLike(...patterns: readonly string[]): readonly string[] {
  return globSync(patterns, { cwd: ROOT }).toSorted()
}

/** The pages for readers. */
export const PAGES = filesLike('*.md', 'docs/**/*.md', 'examples/*/README.md')
