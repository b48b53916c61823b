import { crc32 } from 'node:zlib'

import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import { KeyFilter } from '../../src/key-index/key-filter.ts'

test('a key that was added is never called new', () => {
  const filter = new KeyFilter()
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 0xffff_ffff })), (crcs) => {
      for (const crc of crcs) filter.add(crc)
      expect(crcs.every((crc) => filter.mayHave(crc))).toBe(true)
    }),
  )
})

test('of a million keys as the source has them, one in a hundred new ones is taken for known at the most', () => {
  const filter = new KeyFilter()
  const crcOf = (n: number): number => crc32(`201801${String(n * 61).padStart(14, '0')}000000`)
  for (let n = 0; n < 1_000_000; n += 1) filter.add(crcOf(n))
  let taken = 0
  for (let n = 1_000_000; n < 1_100_000; n += 1) if (filter.mayHave(crcOf(n))) taken += 1
  expect(taken).toBeLessThan(1_000)
})
