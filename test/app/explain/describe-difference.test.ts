import { describe, expect, test } from 'vitest'

import { describeDifference, shortValue } from '../../../src/app/explain/describe-difference.ts'

test('short values stand as they are', () => {
  expect(describeDifference(100, 200)).toBe('100 → 200')
  expect(describeDifference(null, 'Fargo')).toBe('null → Fargo')
  expect(shortValue('x'.repeat(81))).toBe(`${'x'.repeat(80)}…`)
})

describe('of lists', () => {
  const masked = ['ListPrice', 'ListAgentKey'].map((name) => `$.StandardFields.${name}`)
  const many = Array.from({ length: 40 }, (_, i) => `$.StandardFields.Field${i}`)

  test('what was added and removed is said, however long they are', () => {
    const [price, agent] = masked
    expect(describeDifference([...many, agent], [...many, price])).toBe(`+${price} -${agent}`)
    expect(describeDifference(['a', 'a'], ['a'])).toBe('-a')
    expect(describeDifference([], ['a'])).toBe('+a')
  })

  test('another order is said to be one, and of very many the number', () => {
    expect(describeDifference(['a', 'b'], ['b', 'a'])).toBe('the same 2 in another order')
    const told = describeDifference([], many)
    expect(told).toContain('+$.StandardFields.Field9 (and 30 more)')
  })

  test('items that are long themselves are shown where they differ', () => {
    const photo = (caption: string) => ({ uri: `https://cdn.example/${'p'.repeat(100)}`, caption })
    const told = describeDifference([photo('front'), photo('back')], [photo('front'), photo('kitchen')])
    expect(told).toMatch(/^\+….*kitchen.* -….*back/)
  })
})

describe('of long texts', () => {
  const text = (word: string) => `${'The house stands by the lake. '.repeat(10)}It has a ${word} roof.`

  test('both are cut around the first difference', () => {
    expect(describeDifference(text('red'), text('blue'))).toBe(
      '… the lake. It has a red roof. → … the lake. It has a blue roof.',
    )
  })

  test('neither half of a character is shown', () => {
    for (let length = 70; length < 120; length += 1) {
      const told = describeDifference(`${'🏠'.repeat(length)}x${'🏠'.repeat(90)}`, `${'🏠'.repeat(length)}y`)
      expect(told.isWellFormed(), told).toBe(true)
      expect(told).toContain('x')
      expect(told).toContain('y')
    }
  })
})
