import { expect, test } from 'vitest'

import { filesLike, read } from './repository.ts'

// Where a code comes to be: `code: 'X'` (or a union of them), `code = 'X'`, a type `…ErrorCode = 'X' | …`, the
// simulator's helper, and the constants of domain/error-codes.ts.
const ORIGIN =
  /(?:\bcode:|\bcode =|\w+ErrorCode =|\bexport const [A-Z_]+ =(?= '[A-Z]+_[A-Z_]+'\n)|\bunknown\()(?:\s*\|?\s*(?:typeof [A-Z_]+|'[A-Z][A-Z0-9_]*'))+/g

function codesInSource(): Set<string> {
  const origins = filesLike('src/**/*.ts').flatMap((file) => read(file).match(ORIGIN) ?? [])
  return new Set(origins.flatMap((origin) => origin.match(/(?<=')[A-Z][A-Z0-9_]*(?=')/g) ?? []))
}

function codesInDocs(): readonly string[] {
  const page = read('docs/operations.md')
  const section = page.slice(page.indexOf('\n## Error codes'))
  return [...section.matchAll(/^\| `([A-Z][A-Z0-9_]*)` \|/gm)].map(([, code]) => code!)
}

test('every error code is explained in docs/operations.md, once, and none is that does not exist', () => {
  const documented = codesInDocs()
  expect(documented.toSorted()).toEqual([...codesInSource()].toSorted())
})
