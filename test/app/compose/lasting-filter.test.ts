import { expect, test } from 'vitest'

import { requireLastingFilter } from '../../../src/app/compose/lasting-filter.ts'
import { WHOLE } from '../../../src/domain/scope.ts'

const feed = (filter: string) => ({ listingsScope: { ...WHOLE, filter } })

test.each(['', "MlsId Eq '1' And (PropertyType Eq 'A','B' Or PropertyClass Ne 'Land')"])(
  'a filter by what a listing keeps is free: %j',
  (filter) => {
    expect(() => requireLastingFilter(feed(filter), false)).not.toThrow()
  },
)

test.each([
  ["MlsId Eq '1' And StandardStatus Eq 'hunter2'", /whose StandardStatus changes/],
  ['"Remarks"."Mls" Eq 1 Or ListPrice Gt 1', /whose "Remarks"\."Mls" or ListPrice changes/],
  ['year(ModificationTimestamp) Eq 2026', /whose ModificationTimestamp changes/],
])('one by what may change is refused, with the reason and a way out: %s', (filter, why) => {
  const refusal = expect.objectContaining({ exitCode: 2, message: expect.stringMatching(why) })
  expect(() => requireLastingFilter(feed(filter), false)).toThrow(refusal)
  expect(() => requireLastingFilter(feed(filter), false)).toThrow(/--force\. Example/)
  expect(() => requireLastingFilter(feed(filter), false)).not.toThrow(/hunter2/)
  expect(() => requireLastingFilter(feed(filter), true)).not.toThrow()
})
