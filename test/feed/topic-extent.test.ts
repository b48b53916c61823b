import { describe, expect, test } from 'vitest'

import { requireWhole } from '../../src/feed/topic-extent.ts'
import { topicNames } from '../../src/feed/topic-names.ts'

const names = topicNames('mls')
const checkpoint = {
  nextOffsets: { listings: [5, 9], offices: [7] },
  startOffsets: { listings: [0, 2], offices: [1] },
  truncation: undefined,
}
const whole = { startOffsets: { listings: [0, 2] }, nextOffsets: { listings: [5, 9] } }
const noted = { partition: 0, detail: 'ended at 3', generation: 1, instanceId: 'i' }

describe('a feed is whole (R2)', () => {
  test('while every topic holds what its checkpoint speaks of; one that is not replicated is not asked for', () => {
    expect(() => requireWhole(checkpoint, whole, names)).not.toThrow()
    const truncation = { ...noted, topic: 'mls.offices' }
    expect(() => requireWhole({ ...checkpoint, truncation }, whole, names)).not.toThrow()
  })

  test.each([
    ['ends too early', { ...whole, nextOffsets: { listings: [5, 8] } }, 'partition 1 ends at offset 8'],
    [
      'has no partition any more',
      { ...whole, nextOffsets: { listings: [5] } },
      'partition 1 ends at offset 0',
    ],
    ['begins too late', { ...whole, startOffsets: { listings: [1, 2] } }, 'partition 0 begins at offset 1'],
  ])('no longer, when a topic %s', (_, extent, words) => {
    const check = (): void => requireWhole(checkpoint, extent, names)
    expect(check).toThrow(`mls.listings, ${words}`)
    expect(check).toThrow(expect.objectContaining({ code: 'TOPIC_TRUNCATED' }))
  })

  test('no longer, when a running process has noted it of a topic that is replicated', () => {
    const truncation = { ...noted, topic: 'mls.listings' }
    expect(() => requireWhole({ ...checkpoint, truncation }, whole, names)).toThrow('ended at 3')
  })
})
