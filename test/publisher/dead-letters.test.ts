import { expect, test } from 'vitest'

import { recordKey } from '../../src/domain/record-key.ts'
import { LISTINGS } from '../../src/resources/listings.ts'
import { deadLetterTombstones } from '../../src/publisher/dead-letters.ts'
import { topicNames } from '../../src/feed/topic-names.ts'

test('a dead letter that is settled leaves tombstones for its only part and for the first of several (R12)', () => {
  const keys = ['healed', 'gone'].map(recordKey)
  const records = deadLetterTombstones(LISTINGS, keys, topicNames('spark'))
  expect(records.map(({ key }) => key)).toEqual([
    'spark.listings/healed',
    'spark.listings/healed/1',
    'spark.listings/gone',
    'spark.listings/gone/1',
  ])
  expect(records.every(({ value }) => value === null)).toBe(true)
})
