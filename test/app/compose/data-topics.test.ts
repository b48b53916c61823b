import { expect, test } from 'vitest'

import { possibleDataTopics } from '../../../src/app/compose/data-topics.ts'
import { topicNames } from '../../../src/feed/topic-names.ts'

test('subscribers may read the events and the rows of each resource and each kind of sets', () => {
  const topics = possibleDataTopics(topicNames('spark'))
  expect(topics).toEqual(
    expect.arrayContaining([
      'spark.listings',
      'spark.listing-photos',
      'spark.listing-rows',
      'spark.account-rows',
    ]),
  )
  expect(new Set(topics).size).toBe(topics.length)
})
