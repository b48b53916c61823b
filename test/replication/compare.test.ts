import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { NO_DIGEST, NO_SCHEMA } from '../../src/domain/content.ts'
import { instant } from '../../src/domain/instant.ts'
import { recordKey, type RecordKey } from '../../src/domain/record-key.ts'
import { compareKeys } from '../../src/replication/compare.ts'
import type { IndexEntry } from '../../src/domain/index-entry.ts'

const ENTRY: IndexEntry = {
  state: 'live',
  digest: NO_DIGEST,
  schemaId: NO_SCHEMA,
  modificationTimestamp: null,
  observedAt: instant(0),
  changeStamps: {},
  mlsId: null,
  partition: 0,
  offset: 0,
  request: 0,
}

async function* batches<T>(keys: ReadonlySet<RecordKey>, value: T, size: number) {
  const sorted = [...keys].sort()
  for (let start = 0; start < sorted.length; start += size) {
    yield sorted.slice(start, start + size).map((key): readonly [RecordKey, T] => [key, value])
  }
}

const keys = fc
  .uniqueArray(fc.integer({ min: 0, max: 60 }), { maxLength: 50 })
  .map((numbers) => new Set(numbers.map((n) => recordKey(`k${String(n).padStart(3, '0')}`))))

describe('the comparison of walk and index', () => {
  test('shows each key of either side once, in order, and says on which side it is (R9 a)', async () => {
    await fc.assert(
      fc.asyncProperty(keys, keys, fc.integer({ min: 1, max: 7 }), async (index, walked, size) => {
        const compared = await Array.fromAsync(
          compareKeys(batches(index, ENTRY, size), batches(walked, 'note', size)),
        )
        const expected = [...new Set([...index, ...walked])].sort()
        expect(compared.map(({ key }) => key)).toEqual(expected)
        for (const { key, entry, walked: seen } of compared) {
          expect(entry !== undefined).toBe(index.has(key))
          expect(seen).toBe(walked.has(key) ? 'note' : undefined)
        }
      }),
    )
  })
})
