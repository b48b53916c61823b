import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeEntry, encodeEntry, OutlineReader } from '../../src/key-index/entry-codec.ts'
import { LISTINGS } from '../../src/resources/listings.ts'
import { indexEntries, indexEntry } from '../fixtures/index-entry.ts'

const { changeStamps } = LISTINGS

test('an entry survives its encoding', () => {
  fc.assert(
    fc.property(indexEntries, (entry) => {
      expect(decodeEntry(changeStamps, encodeEntry(changeStamps, entry))).toEqual(entry)
    }),
  )
})

test('bytes of any kind decode to an entry that encodes to the same bytes, or to none', () => {
  const damaged = fc.tuple(indexEntries, fc.nat(), fc.nat({ max: 255 })).map(([entry, at, byte]) => {
    const bytes = encodeEntry(changeStamps, { ...entry, mlsId: null })
    bytes[at % bytes.length] = byte
    return bytes
  })
  const anything = fc.uint8Array({ maxLength: 120 }).map((bytes) => Buffer.from(bytes))
  fc.assert(
    fc.property(fc.oneof(damaged, anything), (bytes) => {
      const entry = decodeEntry(changeStamps, bytes)
      if (entry !== undefined) expect(encodeEntry(changeStamps, entry)).toHaveLength(bytes.length)
    }),
    { numRuns: 2000 },
  )
})

test('bytes of any kind have the outline of the entry that they are, and none if they are none', () => {
  const reader = new OutlineReader(changeStamps)
  const damaged = fc.tuple(indexEntries, fc.nat(), fc.nat({ max: 255 })).map(([entry, at, byte]) => {
    const bytes = encodeEntry(changeStamps, entry)
    if (at % 3 > 0) bytes[at % bytes.length] = byte
    return bytes
  })
  fc.assert(
    fc.property(fc.array(damaged, { minLength: 1, maxLength: 4 }), (list) => {
      for (const bytes of list) {
        const outline = reader.read(bytes)
        const entry = decodeEntry(changeStamps, bytes)
        // What it does not read may be wrong.
        if (entry !== undefined) expect(entry).toMatchObject(outline ?? { outline })
        if (outline === undefined) expect(entry).toBeUndefined()
      }
    }),
    { numRuns: 2000 },
  )
})

test('a truncated entry, one of a later version and one with a state unknown are none', () => {
  const bytes = encodeEntry(changeStamps, indexEntry({ mlsId: null }))
  expect(decodeEntry(changeStamps, bytes.subarray(0, -1))).toBeUndefined()
  expect(decodeEntry(changeStamps, Buffer.concat([bytes, Buffer.alloc(1)]))).toBeUndefined()
  expect(decodeEntry(changeStamps, withByte(bytes, 0, 2))).toBeUndefined()
  expect(decodeEntry(changeStamps, withByte(bytes, 1, 3))).toBeUndefined()
  expect(decodeEntry(changeStamps, withByte(bytes, 2, 8))).toBeUndefined()
})

test('an entry is about 100 bytes', () => {
  expect(encodeEntry(changeStamps, indexEntry()).length).toBeLessThanOrEqual(100)
})

test.each([
  ['a digest that is none', indexEntry({ digest: 'xyz' as never })],
  ['a stamp that has no place', indexEntry({ changeStamps: { tours: null } })],
  ['an offset that is no whole number', indexEntry({ offset: 1.5 })],
  ['a schema id that is no unsigned 32-bit number', indexEntry({ schemaId: -1 as never })],
])('%s is refused', (_, entry) => {
  expect(() => encodeEntry(changeStamps, entry)).toThrow(
    expect.objectContaining({ code: 'INVARIANT_VIOLATION' }),
  )
})

function withByte(bytes: Buffer, at: number, value: number): Buffer {
  const copy = Buffer.from(bytes)
  copy[at] = value
  return copy
}
