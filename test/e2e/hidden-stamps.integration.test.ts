import { expect, test } from 'vitest'

import { CLEAN } from '../fixtures/topic-checker.ts'
import { LiveFeed, tally } from './live-feed.ts'

test('a listing whose ModificationTimestamp nobody can read stops neither snapshot nor update, and is followed (R4, R7)', async () => {
  await using feed = await LiveFeed.open({
    simulator: { listings: 40, seed: 73, behaviour: { maskedStamps: 'searched' } },
  })
  const { listings } = feed.simulator
  const [masked = '', garbled = '', none = ''] = feed.keys()
  const stamp = (key: string, value: string | null) =>
    listings.apply({ action: 'set', keys: [key], fields: { ModificationTimestamp: value }, stamp: false })
  listings.apply({ action: 'mask', keys: [masked], fields: ['ModificationTimestamp'] })
  stamp(garbled, '05/02/2026 2 PM')
  stamp(none, null)
  expect(await feed.done('snapshot')).toMatch(/completed: 40 walked, 40 published$/)

  // By filter the source finds the first two of them, whatever it shows.
  listings.apply({ action: 'prices', keys: [masked, garbled, none] })
  expect(await feed.done('update')).toMatch(/completed: 2 walked, 2 published$/)
  expect(await feed.done('purge')).toContain('0 gone')
  expect(tally(await feed.read())).toEqual({ SNAPSHOT: 40, UPDATED: 3 })
  const { lost, ...others } = feed.check(await feed.read())
  // The stamps themselves are marked as masked and unmapped (R12), which the comparison takes for a difference.
  expect(lost.filter((what) => !what.includes(': ModificationTimestamp '))).toEqual([])
  expect({ ...others, lost: [] }).toEqual(CLEAN)
}, 240_000)
