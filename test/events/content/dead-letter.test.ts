import { createHash } from 'node:crypto'
import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'

import { DEAD_LETTER_PART_BYTES, deadLetterParts } from '../../../src/events/content/dead-letter.ts'
import { JsonBigInteger } from '../../../src/domain/json.ts'
import { KEY } from '../sample.ts'

test('a dead letter is the whole record, gzipped, in parts that a topic takes (R12)', () => {
  // Hashes do not compress, so that there is more than one part.
  const noise = Array.from({ length: 40_000 }, (_, i) =>
    createHash('sha256').update(`${i}`).digest('hex'),
  ).join('')
  const body = { b: noise, a: new JsonBigInteger('9007199254740993') }
  const { key, parts } = deadLetterParts({ key: KEY, reason: 'too large', body })
  expect(key).toBe(KEY)
  expect(parts.length).toBeGreaterThan(1)
  expect(parts.every((part) => part.length <= DEAD_LETTER_PART_BYTES)).toBe(true)
  expect(gunzipSync(Buffer.concat(parts)).toString()).toBe(`{"b":"${noise}","a":9007199254740993}`)
})

test('a record without a key is filed under a digest of its JSON, whatever the order of its members', () => {
  const letter = { key: null, reason: 'no key' } as const
  const one = deadLetterParts({ ...letter, body: { a: 1, b: 2 } })
  expect(one.key).toMatch(/^[0-9a-f]{32}$/)
  expect(deadLetterParts({ ...letter, body: { b: 2, a: 1 } }).key).toBe(one.key)
  expect(deadLetterParts({ ...letter, body: { b: 2 } }).key).not.toBe(one.key)
})
