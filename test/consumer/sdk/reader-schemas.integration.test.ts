import { expect, test } from 'vitest'

import { consumeListings, type ListingUpserted } from '../../../src/index.ts'
import { LiveFeed } from '../../e2e/live-feed.ts'
import { testStack } from '../../fixtures/test-stack.ts'

const DEADLINE_MS = 60_000

/** All events of listings that a subscriber gets who reads the topic from its beginning. */
async function events(feed: LiveFeed, readerSchemas: readonly string[]): Promise<readonly ListingUpserted[]> {
  const found: ListingUpserted[] = []
  const { brokers, registryUrl: registry } = testStack()
  const prefix = feed.topic.replace(/\.listings$/, '')
  const signal = AbortSignal.timeout(DEADLINE_MS)
  for await (const change of consumeListings({ brokers, registry, prefix, readerSchemas, signal })) {
    if (change.type === 'upserted') found.push(change.event)
    else if (change.type === 'caught-up') return found
  }
  throw new Error('It did not catch up.')
}

test('a field that the source gets later is in unmappedFields for a subscriber that knows the earlier schema alone, and one of its own for others (R12)', async () => {
  await using feed = await LiveFeed.open({ simulator: { listings: 5, seed: 114 } })
  await feed.done('snapshot')
  const earlier = await feed.done('schema', 'show', '--json')
  const [key = ''] = feed.keys()
  const { listings } = feed.simulator
  listings.changeMetadata({ action: 'add', name: 'SolarPanels', type: 'Integer', nullRate: 1 })
  listings.apply({ action: 'set', keys: [key], fields: { SolarPanels: 12 } })
  await feed.done('update')

  const later = await feed.done('schema', 'show', '--json')
  expect(later).toContain('"SolarPanels"')
  const of = (seen: readonly ListingUpserted[]) =>
    seen.findLast(({ listingKey }) => listingKey === key)?.listing
  const [written, known, before] = [
    await events(feed, []),
    await events(feed, [later]),
    await events(feed, [earlier]),
  ]
  expect(written).toHaveLength(6)
  expect(of(written)?.standardFields).toMatchObject({ SolarPanels: 12 })
  expect(of(before)?.standardFields).not.toHaveProperty('SolarPanels')
  expect(of(before)?.unmappedFields).toEqual({ ...of(written)?.unmappedFields, SolarPanels: '12' })
  // Those of the snapshot, which have no such field, were written before.
  expect(
    written.filter(({ listing }) => listing?.standardFields?.['SolarPanels'] === undefined),
  ).toHaveLength(5)
  expect(known.filter(({ listing }) => listing?.standardFields?.['SolarPanels'] === null)).toHaveLength(5)
}, 180_000)
