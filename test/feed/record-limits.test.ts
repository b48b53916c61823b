import { randomBytes } from 'node:crypto'

import { expect, test } from 'vitest'

import { recordBytes } from '../../src/kafka/record-batch.ts'
import { passId } from '../../src/domain/pass.ts'
import { recordKey } from '../../src/domain/record-key.ts'
import { deadLetterRecords } from '../../src/publisher/dead-letters.ts'
import { contentLimit, recordLimit } from '../../src/feed/record-limits.ts'
import { DEFAULT_LIMIT } from '../../src/events/content/content-encoder.ts'
import { topicNames } from '../../src/feed/topic-names.ts'
import { LISTINGS } from '../../src/resources/listings.ts'

test('a listing may have what the topic takes, by the lower of its settings, and never more than is published anyway (R12)', () => {
  const limit = recordLimit('mls.listings', { 'max.message.bytes': '65536', 'segment.bytes': '1048576' })
  expect(limit?.setting).toBe('max.message.bytes=65536 of topic mls.listings')
  const { bytes, setting } = contentLimit(limit)
  expect(setting).toBe(limit?.setting)
  expect(bytes).toBeLessThan(65_536 - 4_096)
  expect(bytes).toBeGreaterThan(55_000)
  expect(recordLimit('t', { 'max.message.bytes': '262144', 'segment.bytes': '20000' })?.setting).toContain(
    'segment.bytes=20000',
  )
  expect(contentLimit(recordLimit('t', { 'max.message.bytes': '1048588' }))).toBe(DEFAULT_LIMIT)
  expect(contentLimit(recordLimit('t', {}))).toBe(DEFAULT_LIMIT)
  expect(contentLimit(recordLimit('t', { 'max.message.bytes': '100' }))).toMatchObject({ bytes: 0 })
})

test('no part of a dead letter is larger than its topic takes, whatever the names, the key and the reason (R12)', () => {
  const body = { Noise: randomBytes(100_000).toString('base64') }
  for (const mostBytes of [8_000, 65_536, 900_000]) {
    const records = deadLetterRecords(
      LISTINGS,
      [{ key: recordKey('k'.repeat(128)), reason: 'r'.repeat(9_000), body }],
      topicNames('p'.repeat(230)),
      passId('00000000-0000-0000-0000-000000000000'),
      mostBytes,
    )
    expect(Math.max(...records.map(recordBytes))).toBeLessThanOrEqual(mostBytes)
  }
})
