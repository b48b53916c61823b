import { describe, expect, test } from 'vitest'

import { isUnder, mayHaveLeft, scopeText, WHOLE } from '../../src/domain/scope.ts'

const NARROW = { filter: "MlsId Eq '1'", select: ['City', 'ListPrice'], expand: 'CustomFieldsRaw' }

describe('the text of a scope', () => {
  test('is empty for everything', () => {
    expect(scopeText(WHOLE)).toBe('')
  })

  test('does not depend on the order of the fields, or on their number', () => {
    const shuffled = { ...NARROW, select: ['ListPrice', 'City', 'ListPrice'] }
    expect(scopeText(shuffled)).toBe(scopeText(NARROW))
  })

  test.each([{ filter: '' }, { select: ['City'] }, { expand: null }])('differs with %j', (over) => {
    expect(scopeText({ ...NARROW, ...over })).not.toBe(scopeText(NARROW))
    expect(isUnder(scopeText(NARROW), { ...NARROW, ...over })).toBe(false)
  })
})

test('what noted no scope ran under any that neither filters nor selects', () => {
  expect(isUnder(null, WHOLE)).toBe(true)
  expect(isUnder(null, { ...WHOLE, expand: 'CustomFieldsRaw' })).toBe(true)
  expect(isUnder(null, { ...WHOLE, filter: 'A Eq 1' })).toBe(false)
  expect(isUnder(null, { ...WHOLE, select: ['A'] })).toBe(false)
})

test.each([
  ['a filter where there was none', null, true],
  ['a filter where there was none', '', true],
  ['another filter', scopeText({ ...NARROW, filter: "MlsId Eq '2'" }), true],
  ['the same filter, with other fields', scopeText({ ...NARROW, select: [], expand: null }), false],
  ['another expansion before', scopeText({ ...WHOLE, expand: 'CustomFieldsRaw' }), true],
])('records may have left with %s', (_, noted, left) => {
  expect(mayHaveLeft(noted, NARROW)).toBe(left)
})

test('nothing can have left where there is no filter', () => {
  expect(mayHaveLeft(scopeText(NARROW), WHOLE)).toBe(false)
})
