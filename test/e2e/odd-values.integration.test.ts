import { expect, test } from 'vitest'

import { parseUpserted, type UpsertedRecord } from '../../src/demo/decoded-events.ts'
import { LISTINGS } from '../../src/resources/listings.ts'
import { CLEAN } from '../fixtures/topic-checker.ts'
import { LiveFeed } from './live-feed.ts'

test('masked, unknown and ill-fitting values are in the event, as they came (R12)', async () => {
  await using feed = await LiveFeed.open({ simulator: { listings: 12, seed: 51 } })
  const { simulator } = feed
  const asText = { type: 'Character', inMetadata: false, nullRate: 0 } as const
  simulator.listings.changeMetadata({ action: 'add', name: 'NotYetInMetadata', ...asText })
  const [odd = '', masked = ''] = feed.keys()
  const price = { from: 250_000, to: [300_000, null] }
  const fields = { BedsTotal: 'three', ListPrice: price, CloseDate: '2026-02-31' }
  simulator.listings.apply({ action: 'set', keys: [odd], fields })
  simulator.listings.apply({ action: 'mask', keys: [masked], fields: ['ListPrice', 'BedsTotal'] })

  await feed.done('snapshot')
  const events = await feed.readByConsole(12)
  expect(feed.check(events)).toEqual(CLEAN)
  const { listings } = simulator.truth()
  const listing = (key: string): UpsertedRecord['content'] =>
    parseUpserted(LISTINGS, events.find((event) => event.key === key)?.value).content
  expect(listing(odd).fields).toMatchObject({ BedsTotal: null, ListPrice: null, CloseDate: null })
  expect(listing(odd).unmappedFields).toMatchObject({
    BedsTotal: '"three"',
    CloseDate: '"2026-02-31"',
    NotYetInMetadata: JSON.stringify(listings.get(odd)?.['NotYetInMetadata']),
  })
  expect(JSON.parse(listing(odd).unmappedFields['ListPrice'] ?? '')).toEqual(price)
  expect(listing(masked).fields).toMatchObject({ BedsTotal: null, ListPrice: null })
  const hidden = Object.entries(listings.get(masked) ?? {}).filter(([, value]) => value === '********')
  expect(listing(masked).maskedFields).toEqual(
    hidden.map(([name]) => name).toSorted((a, b) => (a < b ? -1 : 1)),
  )
  expect(listing(masked).maskedFields).toEqual(expect.arrayContaining(['BedsTotal', 'ListPrice']))

  // Known from now on: what is the same as before is no change, though its place in the schema is new (R5).
  simulator.listings.changeMetadata({
    action: 'add',
    name: 'NeverFilled',
    type: 'Integer',
    inMetadata: true,
    nullRate: 1,
  })
  expect(await feed.done('snapshot')).toMatch(/completed: 12 walked, 12 unchanged$/)
  simulator.listings.apply({ action: 'unmask', keys: [masked], fields: ['ListPrice', 'BedsTotal'] })
  expect(await feed.done('snapshot')).toMatch(/completed: 12 walked, 1 published, 11 unchanged$/)
  expect(feed.check(await feed.read())).toEqual(CLEAN)
}, 120_000)
