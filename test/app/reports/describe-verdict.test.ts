import { expect, test } from 'vitest'

import { describeFinding, describeVerdict } from '../../../src/app/reports/describe-verdict.ts'
import { verdictJson } from '../../../src/app/reports/verdict-json.ts'
import { isProved, type ComparedVerdict } from '../../../src/consumer/verify/verdict.ts'
import { instant } from '../../../src/domain/instant.ts'
import { passId } from '../../../src/domain/pass.ts'
import { LISTINGS } from '../../../src/resources/listings.ts'

const NO_PROBLEMS = { altered: 0, different: 0, missing: 0, surplus: 0 }
const PROVED: ComparedVerdict = {
  kind: 'compared',
  resource: LISTINGS.name,
  certificate: {
    resource: LISTINGS.name,
    topic: 'spark.listings',
    passId: passId('pass-1'),
    generation: 1,
    at: instant(Date.UTC(2026, 4, 2, 14)),
    endOffsets: [3, 4],
    keys: 12_345,
    buckets: [],
    root: 'r',
  },
  keys: 12_345,
  recordsRead: 0,
  problems: NO_PROBLEMS,
  refuted: [],
  unproved: [],
}

test('what is proved is told in one line, with the sweep that certified it', () => {
  expect(isProved(PROVED)).toBe(true)
  expect(describeVerdict(PROVED)).toEqual([
    'listings: proved, 12,345 keys, by the certificate of the sweep pass-1 of 2026-05-02T14:00:00.000Z',
  ])
})

test.each([
  [{ problems: { ...NO_PROBLEMS, missing: 1 } }, '1 key differs, named above'],
  [{ problems: { ...NO_PROBLEMS, altered: 2, surplus: 1 } }, '3 keys differ, named above'],
  [{ refuted: [0, 255] }, 'in 2 of 256 buckets (0, 255): run "listingstream index check"'],
  [{ unproved: [1, 2, 3, 4, 5, 6, 7, 8, 9] }, 'in 9 of 256 buckets (1, 2, 3, 4, 5, 6, 7, 8 …)'],
])('what is not proved is told with what to do about it: %j', (over, words) => {
  const verdict = { ...PROVED, ...over }
  expect(isProved(verdict)).toBe(false)
  const [first, ...reasons] = describeVerdict(verdict)
  expect(first).toContain('not proved')
  expect(reasons.join('\n')).toContain(words)
  expect(verdictJson(verdict)).toMatchObject({ event: 'verdict', resource: 'listings', proved: false })
})

test.each([
  ['none', 'listingstream purge'],
  ['behind', 'listingstream rebuild'],
] as const)('nothing is proved without a certificate: %s', (why, advice) => {
  const verdict = { kind: 'no-certificate', resource: LISTINGS.name, why } as const
  expect(isProved(verdict)).toBe(false)
  expect(describeVerdict(verdict).join('')).toContain(advice)
  expect(verdictJson(verdict)).toMatchObject({ proved: false, certificate: null, why })
})

test('a key is named with its resource', () => {
  const line = describeFinding(LISTINGS.name, { key: '7', problem: 'missing' })
  expect(line).toBe('listings 7: the topic has it, the store does not')
})
