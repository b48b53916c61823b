import { expect, test } from 'vitest'

import { ComparedKeys } from '../../../src/consumer/verify/compared-keys.ts'
import { bucketOf, SetDigester } from '../../../src/support/set-digest.ts'

const NEVER = new AbortController().signal
const [ONE, TWO] = ['1'.repeat(32), '2'.repeat(32)]

test('each key that is not as the topic has it is named once, with what is wrong with it', async () => {
  using keys = new ComparedKeys()
  for (const key of ['same', 'different', 'missing', 'altered', 'back']) keys.putRecord('certified', key, ONE)
  keys.putRecord('since', 'back', null)
  keys.putRecord('since', 'back', TWO)
  keys.putRecord('certified', 'gone', ONE)
  keys.putRecord('since', 'gone', null)
  keys.putStored('same', ONE, false)
  keys.putStored('different', TWO, false)
  keys.putStored('altered', TWO, true)
  keys.putStored('back', TWO, false)
  keys.putStored('surplus', ONE, false)
  // A row of nothing that the topic ever had, or of what it has deleted, whatever its columns say.
  keys.putStored('copied', ONE, true)
  keys.putStored('gone', ONE, true)
  const found = [...(await Array.fromAsync(keys.altered(true))), ...(await Array.fromAsync(keys.different()))]
  expect(Object.fromEntries(found.map(({ key, problem }) => [key, problem]))).toEqual({
    altered: 'altered',
    different: 'different',
    missing: 'missing',
    surplus: 'surplus',
    copied: 'surplus',
    gone: 'surplus',
  })
  expect(found).toHaveLength(6)
})

test('a digest is that of the set, whatever the order in which the keys came, without those that are gone', async () => {
  using keys = new ComparedKeys()
  const names = Array.from({ length: 5_000 }, (_, i) => `key-${(i * 7_919) % 100_003}`)
  for (const name of names) {
    keys.putRecord('certified', name, ONE)
    keys.putStored(name, TWO, false)
  }
  keys.putRecord('certified', names[0]!, null)
  keys.putRecord('since', names[1]!, null)
  const digester = new SetDigester()
  for (const name of names.slice(1).sort()) digester.add(name, Buffer.alloc(16, 0x11))
  expect(await keys.digest('certified', NEVER)).toEqual(digester.end())
  expect(await keys.digest('stored', NEVER)).toMatchObject({ keys: 5_000 })
})

test('a key is not called wrong where compaction has taken what it was: its bucket is told to be in doubt', async () => {
  using keys = new ComparedKeys()
  // Published again behind the store's offsets, and of both only the later record is left.
  keys.putStored('published again', ONE, false)
  keys.putRecord('later', 'published again', TWO)
  // Deleted since the certificate: what it was below its offsets is gone.
  keys.putRecord('since', 'deleted since', null)
  // New behind the store's offsets.
  keys.putRecord('later', 'new', ONE)
  keys.putRecord('certified', 'whole', ONE)
  keys.putRecord('later', 'whole', TWO)
  keys.putStored('whole', ONE, false)
  expect(await Array.fromAsync(keys.different())).toEqual([])
  expect(keys.untoldBuckets()).toEqual(new Set([bucketOf('published again')]))
  expect(keys.compactedBuckets()).toEqual(
    new Set(['published again', 'deleted since', 'new'].map((key) => bucketOf(key))),
  )
})

test('whoever stops it is heard while digests are made', async () => {
  using keys = new ComparedKeys()
  for (let i = 0; i < 5_000; i += 1) keys.putStored(`key-${i}`, ONE, false)
  const stop = new AbortController()
  const digest = keys.digest('stored', stop.signal)
  stop.abort(new Error('stopped'))
  await expect(digest).rejects.toThrow('stopped')
})
