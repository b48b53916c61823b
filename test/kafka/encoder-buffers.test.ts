import { createRequire } from 'node:module'

import * as fc from 'fast-check'
import PatchedEncoder from 'kafkajs/src/protocol/encoder.js'
import { beforeAll, describe, expect, test } from 'vitest'

import { spareEncoderBuffers } from '../../src/kafka/encoder-buffers.ts'

type EncodeRecord = (record: {
  readonly offsetDelta: number
  readonly timestampDelta: number
  readonly key: string | null
  readonly value: Buffer | null
  readonly headers: Readonly<Record<string, string>>
}) => { readonly buffer: Buffer }

const require = createRequire(import.meta.url)
const MODULES = [
  'kafkajs/src/protocol/encoder',
  'kafkajs/src/protocol/recordBatch/header/v0',
  'kafkajs/src/protocol/recordBatch/record/v0',
]

const encodeAsInstalled = require('kafkajs/src/protocol/recordBatch/record/v0') as EncodeRecord

/** The library once more, as it was published. */
function freshModules(): { readonly encode: EncodeRecord; readonly Encoder: typeof PatchedEncoder } {
  const cached = MODULES.map((name) => [require.resolve(name), require.cache[require.resolve(name)]] as const)
  for (const [path] of cached) delete require.cache[path]
  try {
    return {
      encode: require('kafkajs/src/protocol/recordBatch/record/v0') as EncodeRecord,
      Encoder: require('kafkajs/src/protocol/encoder') as typeof PatchedEncoder,
    }
  } finally {
    for (const [path, module] of cached) require.cache[path] = module
  }
}

const record = fc.record({
  offsetDelta: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
  timestampDelta: fc.integer({ min: 0, max: 2 ** 40 }),
  key: fc.option(fc.string({ maxLength: 200 })),
  value: fc.option(fc.uint8Array({ maxLength: 9_000 }).map((bytes) => Buffer.from(bytes))),
  headers: fc.dictionary(fc.string({ maxLength: 40 }), fc.string({ maxLength: 600 }), { maxKeys: 14 }),
})

describe('the memory of encoders', () => {
  beforeAll(() => spareEncoderBuffers())

  test('a record has the bytes that the library gives it', () => {
    const { encode } = freshModules()
    fc.assert(
      fc.property(record, (given) => {
        expect(encodeAsInstalled(given).buffer.equals(encode(given).buffer)).toBe(true)
      }),
    )
  })

  test('a variable-length number has the bytes that the library gives it', () => {
    const { Encoder } = freshModules()
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -(2 ** 31), max: 2 ** 32 - 1 })), (numbers) => {
        const [ours, theirs] = [new PatchedEncoder(), new Encoder()]
        for (const n of numbers) {
          ours.writeUVarInt(n)
          theirs.writeUVarInt(n)
        }
        expect(ours.buffer.equals(theirs.buffer)).toBe(true)
      }),
    )
  })

  test('an encoder takes no memory before it is written to: an update of kafkajs still asks in the same way', () => {
    expect(new (freshModules().Encoder)().buf.length).toBeGreaterThan(0)
    expect(new PatchedEncoder().buf.length).toBe(0)
  })
})
