import { expect, test } from 'vitest'

import { parseUpserted } from '../../src/demo/decoded-events.ts'
import { LISTINGS } from '../../src/resources/listings.ts'
import { LiveFeed } from './live-feed.ts'

test('a listing that is read alone and then in a list is published once (R5)', async () => {
  await using feed = await LiveFeed.open({ simulator: { listings: 12, seed: 5 } })
  const { listings } = feed.simulator
  // Only one by one: `View` of `DisplayCompliance` is `Detail` then.
  feed.simulator.configure({ unsearchable: { ListingKey: 'refused' } })
  const [key = ''] = listings.apply({ action: 'leave' }).keys
  await feed.done('snapshot')
  listings.apply({ action: 'return', keys: [key] })
  await feed.done('purge')

  const [last] = (await feed.read()).filter((event) => event.key === key)
  const view = (text: unknown): unknown => JSON.parse(String(text))['View']
  expect(view(parseUpserted(LISTINGS, last?.value).volatileFields['$.DisplayCompliance'])).toBe('Detail')
  expect(await feed.done('snapshot')).toMatch(/completed: 12 walked, 12 unchanged$/)
}, 120_000)

test('text in another encoding than UTF-8 keeps its bytes, escaped (R12)', async () => {
  await using feed = await LiveFeed.open({ simulator: { listings: 12, seed: 6 } })
  const { listings } = feed.simulator
  const [key = ''] = feed.keys()
  listings.apply({ action: 'set', keys: [key], fields: { Disclaimer: 'Café', City: 'Zürich' } })
  feed.simulator.configure({ poisoned: { [key]: 'latin-1' } })
  await feed.done('snapshot')
  const read = async () => {
    const event = (await feed.read()).findLast((one) => one.key === key)
    return parseUpserted(LISTINGS, event?.value).content
  }
  const { fields, unmappedFields } = await read()
  expect(fields).toMatchObject({ Disclaimer: null, City: 'Zürich' })
  expect(unmappedFields).toMatchObject({ Disclaimer: String.raw`"\udce9Café"` })

  feed.simulator.configure({ poisoned: {} })
  expect(await feed.done('snapshot')).toMatch(/completed: 12 walked, 1 published, 11 unchanged$/)
  expect((await read()).fields).toMatchObject({ Disclaimer: 'Café' })
}, 120_000)
