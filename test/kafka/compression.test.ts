import { gzipSync, zstdCompressSync } from 'node:zlib'

import { lz4Compress, snappyCompress } from '@platformatic/wasm-utils'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import { decompress } from '../../src/kafka/decompression.ts'
import { snappyBlocks } from '../../src/kafka/snappy-frames.ts'

const HEADER = Buffer.from('82534e41505059000000000100000001', 'hex')

/** As Java's Snappy stream writes it. */
function stream(blocks: readonly Buffer[]): Buffer {
  return Buffer.concat([HEADER, ...blocks.map(framed)])
}

function framed(block: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(block.length)
  return Buffer.concat([length, block])
}

/** As a batch's attributes number the codec. */
const SNAPPY = 2

const blocks = fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 5 })

test('a Snappy stream is its blocks, also where streams follow each other', async () => {
  await fc.assert(
    fc.asyncProperty(blocks, blocks, async (first, second) => {
      const compressed = [first, second].map((part) =>
        stream(part.map((block) => snappyCompress(Buffer.from(block)))),
      )
      const plain = Buffer.concat([...first, ...second])
      expect(await decompress(SNAPPY, Buffer.concat(compressed))).toEqual(plain)
    }),
    { numRuns: 50 },
  )
})

test('one raw block, as other clients write it, is read as it is', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 2_000 }), async (bytes) => {
      const plain = Buffer.from(bytes)
      expect(await decompress(SNAPPY, snappyCompress(plain))).toEqual(plain)
    }),
    { numRuns: 50 },
  )
})

test('a stream that is cut within a block is an error, never fewer records', () => {
  const whole = stream([Buffer.from('some block'), Buffer.from('another one')])
  for (let length = HEADER.length + 1; length < whole.length; length += 1) {
    const cut = (): unknown => snappyBlocks(whole.subarray(0, length))
    if (length === HEADER.length + 4 + 'some block'.length) expect(cut()).toHaveLength(1)
    else expect(cut, `cut at ${length}`).toThrow(RangeError)
  }
})

test.each([
  ['gzip', 1, gzipSync],
  ['snappy', SNAPPY, snappyCompress],
  ['lz4', 3, lz4Compress],
  ['zstd', 4, (plain: Buffer) => zstdCompressSync(plain)],
] as const)('what is no %s is an error, not an empty block', async (_, codec, compress) => {
  const plain = Buffer.from('some text, some text, some text'.repeat(30))
  const whole = compress(plain)
  expect(await decompress(codec, whole)).toEqual(plain)
  for (const damaged of [whole.subarray(0, whole.length - 12), Buffer.from('no batch at all')]) {
    await expect(decompress(codec, damaged)).rejects.toThrow()
  }
})
