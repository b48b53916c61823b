import { gzipSync } from 'node:zlib'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { statedLength, unzip, unzipHere, type Unzipped } from '../../src/spark/gzip.ts'

const MIB = 1024 * 1024

function withStated(zipped: Buffer, length: number): Buffer {
  const copy = Buffer.from(zipped)
  copy.writeUInt32LE(length, copy.length - 4)
  return copy
}

function plain(unzipped: Unzipped): Buffer {
  if (!Buffer.isBuffer(unzipped)) throw new Error(unzipped.why)
  return unzipped
}

describe.each([
  ['here', (bytes: Buffer, limit: number) => Promise.resolve(unzipHere(bytes, limit))],
  ['beside this thread', unzip],
])('gzip that is unzipped %s', (_where, unzipped) => {
  test('is what was zipped, in one or several members', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1 }), async (parts) => {
        const zipped = Buffer.concat(parts.map((part) => gzipSync(part)))
        expect(await unzipped(zipped, MIB)).toEqual(Buffer.concat(parts))
      }),
      { numRuns: 50 },
    )
    const large = Buffer.alloc(3 * MIB, 'abcdefg')
    expect(large.equals(plain(await unzipped(gzipSync(large), 3 * MIB)))).toBe(true)
    const both = Buffer.concat([gzipSync(large), gzipSync('z')])
    expect(Buffer.concat([large, Buffer.from('z')]).equals(plain(await unzipped(both, 4 * MIB)))).toBe(true)
  })

  test('is not more than the limit', async () => {
    const zipped = gzipSync(Buffer.alloc(MIB))
    expect(await unzipped(zipped, MIB)).toHaveLength(MIB)
    expect(await unzipped(zipped, MIB - 1)).toMatchObject({ kind: 'not_unzipped', why: 'too_long' })
  })

  test('is none if it is cut, changed or says another length than it has', async () => {
    const zipped = gzipSync('some text')
    const broken = { kind: 'not_unzipped', why: 'broken' }
    for (const bytes of [
      zipped.subarray(0, -1),
      zipped.subarray(0, -12),
      zipped.subarray(0, 3),
      Buffer.from('some text'),
      withStated(zipped, 8),
      withStated(zipped, 0xffff_ffff),
    ]) {
      expect(await unzipped(bytes, MIB)).toMatchObject(broken)
    }
  })
})

describe('the length that gzip states', () => {
  test('is what its trailer says', () => {
    expect(statedLength(gzipSync('x'.repeat(1_000)))).toBe(1_000)
    expect(statedLength(Buffer.alloc(3))).toBe(0)
  })

  test('is no more than so many bytes can hold', () => {
    expect(statedLength(withStated(gzipSync('x'), 0xffff_ffff))).toBeLessThan(100_000)
    const zeros = gzipSync(Buffer.alloc(10 * MIB), { level: 9 })
    expect(statedLength(zeros)).toBe(10 * MIB)
  })
})
