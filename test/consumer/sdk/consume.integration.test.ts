import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { consumeListings, type ChangeOrCaughtUp, type ConsumerOptions } from '../../../src/index.ts'
import { ListingTopic } from './listing-topic.ts'

let shared: ListingTopic

beforeAll(async () => {
  shared = await ListingTopic.open()
  await shared.write([
    ['k1', { City: 'Moab', ListPrice: 100_000 }],
    ['k2', { City: 'Provo' }],
    ['k3', { City: 'Logan' }],
  ])
  await shared.write([['ghost', { City: 'Nowhere' }]], 'abort')
  await shared.write([
    ['k1', { City: 'Moab', ListPrice: 90_000 }],
    ['k2', null],
  ])
})

afterAll(async () => {
  await shared[Symbol.asyncDispose]()
})

/** Up to `caught-up`, and that too. */
async function past(topic: ListingTopic, over: Partial<ConsumerOptions> = {}): Promise<ChangeOrCaughtUp[]> {
  const seen: ChangeOrCaughtUp[] = []
  for await (const change of consumeListings({ ...topic.options, ...over })) {
    seen.push(change)
    if (change.type === 'caught-up') break
  }
  return seen
}

describe('what a reader of a topic gets', () => {
  test('is every change in order by key, then that it has caught up', async () => {
    const seen = await past(shared)
    const told = seen.map((change) => (change.type === 'caught-up' ? 'now' : `${change.key} ${change.type}`))
    expect(told.at(-1)).toBe('now')
    expect(told.filter((line) => line.startsWith('k1'))).toEqual(['k1 upserted', 'k1 upserted'])
    expect(told.filter((line) => line.startsWith('k2'))).toEqual(['k2 upserted', 'k2 deleted'])
    expect(told).toHaveLength(6)
  })
})
