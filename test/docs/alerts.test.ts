import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'

import { filesLike, read } from './repository.ts'

const rule = z.strictObject({
  alert: z.string().regex(/^(Listingstream|Subscriber)[A-Za-z]+$/),
  expr: z.string(),
  for: z.string().optional(),
  labels: z.strictObject({ severity: z.enum(['critical', 'warning', 'info']) }),
  annotations: z.strictObject({ summary: z.string(), description: z.string() }),
})
const RULES = z
  .strictObject({ groups: z.array(z.strictObject({ name: z.string(), rules: z.array(rule) })) })
  .parse(parse(read('docs/alerts.yml')))
  .groups.flatMap(({ rules }) => rules)

test('every alert has a name of its own', () => {
  const names = RULES.map(({ alert }) => alert)
  expect(new Set(names).size).toBe(names.length)
})

test('every alert watches metrics that the program has', () => {
  const known = new Set(
    filesLike('src/ops/*.ts').flatMap((file) =>
      [...read(file).matchAll(/name: '(listingstream_\w+)'/g)].map(([, name]) => name),
    ),
  )
  for (const { alert, expr } of RULES) {
    const used = expr.match(/listingstream_\w+/g) ?? []
    expect(used, alert).not.toEqual([])
    expect(
      used.filter((name) => !known.has(name)),
      alert,
    ).toEqual([])
  }
})

test('every section that an alert names is there', () => {
  const headings = new Set(
    [...read('docs/operations.md').matchAll(/^#{2,3} (.+)$/gm)].map(([, title]) => title),
  )
  const named = RULES.flatMap(({ annotations }) =>
    [...annotations.description.matchAll(/docs\/operations\.md, "([^"]+)"/g)].map(([, title]) => title),
  )
  expect(named.length).toBeGreaterThan(5)
  expect(named.filter((title) => !headings.has(title))).toEqual([])
})
