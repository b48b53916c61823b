import { constants, gzipSync, zstdCompressSync, type ZstdOptions } from 'node:zlib'

import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { decompress } from '../../src/kafka/decompression.ts'

const [GZIP, ZSTD] = [1, 4]

/** Of all sizes, and such as shrink to much less than the reader guesses. */
const plains = fc.oneof(
  fc.uint8Array({ maxLength: 2_000 }).map((bytes) => Buffer.from(bytes)),
  fc
    .tuple(fc.integer({ min: 1, max: 3_000_000 }), fc.nat({ max: 255 }))
    .map(([size, byte]) => Buffer.alloc(size, byte)),
)

/** Each tells another thing of its size in another place, or nothing. */
const zstdOptions: fc.Arbitrary<(plain: Buffer) => ZstdOptions> = fc.constantFrom(
  () => ({}),
  (plain: Buffer) => ({ pledgedSrcSize: plain.length }),
  (plain: Buffer) => ({ pledgedSrcSize: plain.length, params: { [constants.ZSTD_c_contentSizeFlag]: 0 } }),
  () => ({ params: { [constants.ZSTD_c_checksumFlag]: 1 } }),
)

describe('whatever a batch tells of its size', () => {
  test('zstd gives back what was compressed', async () => {
    await fc.assert(
      fc.asyncProperty(plains, zstdOptions, async (plain, options) => {
        const compressed = zstdCompressSync(plain, options(plain))
        expect((await decompress(ZSTD, compressed)).equals(plain)).toBe(true)
      }),
      { numRuns: 40 },
    )
  })

  test('gzip gives back what was compressed, also in several members', async () => {
    await fc.assert(
      fc.asyncProperty(plains, plains, fc.boolean(), async (plain, more, hasMore) => {
        const members = hasMore ? [plain, more] : [plain]
        const compressed = members.map((member) => gzipSync(member, { level: 1 }))
        expect((await decompress(GZIP, Buffer.concat(compressed))).equals(Buffer.concat(members))).toBe(true)
      }),
      { numRuns: 40 },
    )
  })

  test('a size that is not true makes no difference but in time', async () => {
    const plain = Buffer.from('some text, some text, some text'.repeat(30))
    const compressed = gzipSync(plain)
    for (const size of [0, 1, plain.length - 1, 0xffff_ffff]) {
      const lying = Buffer.from(compressed)
      lying.writeUInt32LE(size, lying.length - 4)
      await expect(decompress(GZIP, lying)).rejects.toThrow('incorrect length check')
    }
  })
})

test.each([1, 2, 3, 4, 5, 6, 7])('what codec %i did not write is an error', async (codec) => {
  await expect(decompress(codec, Buffer.from('no batch at all, but more than a header'))).rejects.toThrow(
    Error,
  )
})
