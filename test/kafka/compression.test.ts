import { snappyCompress } from '@platformatic/wasm-utils'
import * as fc from 'fast-check'
import kafkajs from 'kafkajs'
import { expect, test } from 'vitest'

import { registerCodecs } from '../../src/kafka/compression.ts'
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

async function decompressed(bytes: Buffer): Promise<Buffer> {
  registerCodecs()
  const codec = kafkajs.CompressionCodecs[kafkajs.CompressionTypes.Snappy]()
  return (await codec.decompress(bytes)) as Buffer
}

const blocks = fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 5 })

test('a Snappy stream is its blocks, also where streams follow each other', async () => {
  await fc.assert(
    fc.asyncProperty(blocks, blocks, async (first, second) => {
      const compressed = [first, second].map((part) =>
        stream(part.map((block) => snappyCompress(Buffer.from(block)))),
      )
      const plain = Buffer.concat([...first, ...second])
      expect(await decompressed(Buffer.concat(compressed))).toEqual(plain)
    }),
    { numRuns: 50 },
  )
})

test('one raw block, as other clients write it, is read as it is', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 2_000 }), async (bytes) => {
      const plain = Buffer.from(bytes)
      expect(await decompressed(snappyCompress(plain))).toEqual(plain)
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

test.each(['GZIP', 'Snappy', 'LZ4', 'ZSTD'] as const)(
  'a batch that is no %s is a named error, not an empty block',
  async (name) => {
    registerCodecs()
    const codec = kafkajs.CompressionCodecs[kafkajs.CompressionTypes[name]]()
    const plain = Buffer.from('some text, some text, some text'.repeat(30))
    const whole = (await codec.compress({ buffer: plain })) as Buffer
    expect(await codec.decompress(whole)).toEqual(plain)
    for (const damaged of [whole.subarray(0, whole.length - 12), Buffer.from('no batch at all')]) {
      await expect(codec.decompress(damaged)).rejects.toMatchObject({ code: 'KAFKA_BATCH_DAMAGED' })
    }
  },
)
