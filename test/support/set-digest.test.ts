import { createHash } from 'node:crypto'

import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import { bucketOf, SetDigester, type SetDigest } from '../../src/support/set-digest.ts'

const KEYS = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/)
const DIGESTS = fc.uint8Array({ minLength: 16, maxLength: 16 })
const SETS = fc.uniqueArray(fc.tuple(KEYS, DIGESTS), { selector: ([key]) => key, maxLength: 400 })

type Entries = readonly (readonly [string, Uint8Array])[]

const sha256 = (...parts: readonly Uint8Array[]): Buffer =>
  createHash('sha256').update(Buffer.concat(parts)).digest()
const sorted = (entries: Entries): Entries => entries.toSorted(([a], [b]) => (a < b ? -1 : 1))

function digestOf(entries: Entries): SetDigest {
  const digester = new SetDigester()
  for (const [key, digest] of sorted(entries)) digester.add(key, digest)
  return digester.end()
}

/** docs/certificate.md, word by word. */
function bySpecification(entries: Entries): SetDigest {
  const buckets = Array.from({ length: 256 }, (_, bucket) => {
    const own = sorted(entries).filter(([key]) => sha256(Buffer.from(key))[0] === bucket)
    const parts = own.map(([key, digest]) => {
      return Buffer.concat([Buffer.of(key.length >> 8, key.length & 0xff), Buffer.from(key), digest])
    })
    return sha256(...parts)
  })
  return {
    keys: entries.length,
    buckets: buckets.map((bytes) => bytes.toString('hex')),
    root: sha256(...buckets).toString('hex'),
  }
}

test('a set has the digest that docs/certificate.md gives it, however many entries a bucket has', () => {
  fc.assert(
    fc.property(SETS, (entries) => {
      expect(digestOf(entries)).toEqual(bySpecification(entries))
    }),
    {
      numRuns: 30,
    },
  )
  // So many of one bucket that they are hashed in several pieces.
  const many = Array.from({ length: 100_000 }, (_, i) => `k${i}`).filter((key) => bucketOf(key) === 0)
  const entries = many.map((key) => [key, new Uint8Array(16).fill(7)] as const)
  expect(entries.length).toBeGreaterThan(300)
  expect(digestOf(entries)).toEqual(bySpecification(entries))
})

test('the worked example of docs/certificate.md has the digests that another implementation gave it', () => {
  const entries = ['a', 'b', 'c'].map((key, i) => [key, new Uint8Array(16).fill(i + 1)] as const)
  const { root, buckets } = digestOf(entries)
  expect(entries.map(([key]) => bucketOf(key))).toEqual([0xca, 0x3e, 0x2e])
  expect({ root, a: buckets[0xca], empty: buckets[0] }).toEqual({
    root: '54af604744dbe36b061ff910c0a1f958ca50e090113767c90de901dc4ccd6e75',
    a: '7e52aa4887d8554d216868692495ccf342159ec7ae8509f48f77a2cddcad92c4',
    empty: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  })
})

test('one byte, one key more or one less makes another root, and another digest of its bucket alone', () => {
  fc.assert(
    fc.property(SETS, KEYS, DIGESTS, (entries, key, digest) => {
      const before = entries.filter(([other]) => other !== key)
      const after = [...before, [key, digest] as const]
      const flipped = [...before, [key, digest.map((byte, i) => (i === 3 ? byte ^ 1 : byte))] as const]
      for (const [one, other] of [
        [before, after],
        [after, flipped],
      ] as const) {
        const [a, b] = [digestOf(one), digestOf(other)]
        expect(a.root).not.toBe(b.root)
        const differing = [...a.buckets.keys()].filter((bucket) => a.buckets[bucket] !== b.buckets[bucket])
        expect(differing).toEqual([bucketOf(key)])
      }
    }),
    { numRuns: 30 },
  )
})

test('a key that does not come behind the one before in its bucket is refused: the digest would be another', () => {
  const digester = new SetDigester()
  digester.add('a', new Uint8Array(16))
  expect(() => digester.add('a', new Uint8Array(16))).toThrow(RangeError)
  expect(() => digester.add('b', new Uint8Array(15))).toThrow(RangeError)
})
