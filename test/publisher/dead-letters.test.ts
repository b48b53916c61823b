import { expect, test } from 'vitest'

import type { Change } from '../../src/listing/change.ts'
import { recordKey } from '../../src/listing/record-key.ts'
import { LISTINGS } from '../../src/listing/resource.ts'
import { deadLetterTombstones } from '../../src/publisher/dead-letters.ts'
import { topicNames } from '../../src/publisher/topics.ts'

test('a change that ends a dead letter leaves tombstones for its only part and for the first of several (R12)', () => {
  const change = (key: string, more: object): Change => ({ key: recordKey(key), ...more }) as Change
  const changes = [
    change('live', { kind: 'upsert' }),
    change('healed', { kind: 'upsert', endsDeadLetter: true }),
    change('gone', { kind: 'deletion', endsDeadLetter: true }),
  ]
  const records = deadLetterTombstones(LISTINGS, changes, topicNames('spark'))
  expect(records.map(({ key }) => key)).toEqual([
    'spark.listings/healed',
    'spark.listings/healed/1',
    'spark.listings/gone',
    'spark.listings/gone/1',
  ])
  expect(records.every(({ value }) => value === null)).toBe(true)
})
