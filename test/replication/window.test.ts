import { describe, expect, test } from 'vitest'

import { parseInstant } from '../../src/domain/instant.ts'
import { LISTINGS } from '../../src/resources/listings.ts'
import { narrowedTo, settledBefore, sliceFilter, updatedAfter } from '../../src/replication/window.ts'

const OVERLAP = 20 * 60_000

function at(text: string) {
  const parsed = parseInstant(text)
  if (parsed === undefined) throw new TypeError(text)
  return parsed
}

describe('the window of an update (R4)', () => {
  test('begins the overlap and one second before the watermark', () => {
    const after = updatedAfter(at('2026-05-02T14:20:01Z'), OVERLAP)
    expect(sliceFilter(LISTINGS, { after, until: null })).toBe(
      'ModificationTimestamp Gt 2026-05-02T14:00:00Z',
    )
  })
  test('is asked for in slices that share their bounds: what ends the one does not begin the next', () => {
    const [a, b] = [at('2026-05-02T14:00:00Z'), at('2026-05-02T15:00:00Z')]
    expect(sliceFilter(LISTINGS, { after: a, until: b })).toBe(
      'ModificationTimestamp Gt 2026-05-02T14:00:00Z And ModificationTimestamp Le 2026-05-02T15:00:00Z',
    )
    expect(sliceFilter(LISTINGS, { after: b, until: null })).toBe(
      'ModificationTimestamp Gt 2026-05-02T15:00:00Z',
    )
  })
  test('is narrowed to what was settled when the pass began, for the count (R7)', () => {
    const bound = settledBefore(at('2026-05-02T14:20:01.750Z'), OVERLAP)
    expect(narrowedTo('', LISTINGS, bound)).toBe('ModificationTimestamp Lt 2026-05-02T14:00:01Z')
    expect(narrowedTo('ModificationTimestamp Gt 2026-05-01T00:00:00Z', LISTINGS, bound)).toBe(
      'ModificationTimestamp Gt 2026-05-01T00:00:00Z And ModificationTimestamp Lt 2026-05-02T14:00:01Z',
    )
  })
})
