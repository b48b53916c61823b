import { expect, test } from 'vitest'

import { filesLike, read } from './repository.ts'

/** Name and labels of each instrument. */
function inSource(): readonly string[] {
  const made = filesLike('src/ops/*.ts').flatMap((file) =>
    read(file)
      .split(/new (?:Counter|Gauge|Histogram)\(\{/)
      .slice(1),
  )
  return made.map((text) => {
    const [options = ''] = text.split('}', 1)
    const [, name = ''] = /name: '(\w+)'/.exec(options) ?? []
    const [, labels = ''] = /labelNames: \[([^\]]*)\]/.exec(options) ?? []
    return [name, ...(labels.match(/\w+/g) ?? [])].join(' ')
  })
}

function inDocs(): readonly string[] {
  const [, section = ''] = read('docs/operations.md').split(/^## Metrics$/m)
  const rows = section.matchAll(/^\| `(listingstream_\w+)` \| (.*?) \|/gm)
  return [...rows].map(([, name = '', labels = '']) => [name, ...(labels.match(/\w+/g) ?? [])].join(' '))
}

test('docs/operations.md has every metric with its labels, and none that does not exist', () => {
  expect(inDocs().toSorted()).toEqual(inSource().toSorted())
})
