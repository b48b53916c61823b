import { expect, test } from 'vitest'

import { Simulator } from '../../src/simulator/simulator.ts'
import { checkTopic, CLEAN, type Verdict } from './topic-checker.ts'
import type { TopicEvent } from './topic-events.ts'

const simulator = new Simulator({ listings: 1 })
const [SHOWN = ''] = simulator.truth().listings.keys()
const GONE = '20200101000000000000000000'

type Draft = Omit<TopicEvent, 'offset' | 'partition' | 'eventId'> & Partial<TopicEvent>

function upsert(key: string, change: string, listPrice = 1, day = 1): Draft {
  const value = {
    listingKey: key,
    change,
    modificationTimestamp: `2026-01-0${day}T00:00:00.000Z`,
    observedAt: '2026-01-09T00:00:00.000Z',
    volatileFields: {},
    listing: {
      standardFields: { ListPrice: listPrice },
      customFields: {},
      maskedFields: [],
      unmappedFields: {},
    },
  }
  return { key, type: 'ListingUpserted', value }
}

const deletion = (key: string): Draft => ({ key, type: 'ListingDeleted', value: { listingKey: key } })
const tombstone = (key: string): Draft => ({ key, type: 'Tombstone', value: null })

function check(drafts: readonly Draft[], hidden: readonly string[] = []): Verdict {
  const events = drafts.map((draft, offset) => ({
    partition: 0,
    offset,
    eventId: `event-${offset}`,
    ...draft,
  }))
  return checkTopic(events, simulator, new Set(hidden))
}

test('a history that a topic may hold has no findings', () => {
  const history = [upsert(GONE, 'CREATED'), upsert(GONE, 'UPDATED', 2), deletion(GONE), tombstone(GONE)]
  const { lost, ...others } = check(history)
  expect(others).toEqual({ ...CLEAN, lost: undefined })
  expect(lost).toEqual([`${SHOWN}: listing at the source, but not in the topic`])
  expect(
    check([upsert(GONE, 'SNAPSHOT'), deletion(GONE), tombstone(GONE), upsert(GONE, 'RESTORED')]),
  ).toEqual({ ...CLEAN, lost, missingDeletes: [GONE] })
})

test('what the source shows and the topic does not, or not as it is, is lost', () => {
  expect(check([]).lost).toHaveLength(1)
  const fields = Object.values(simulator.truth().listings.get(SHOWN) ?? {})
  expect(check([upsert(SHOWN, 'SNAPSHOT')]).lost.length).toBeGreaterThan(fields.length / 4)
})

test('an event id, a content or a delete that comes twice is duplicated', () => {
  const first = upsert(GONE, 'SNAPSHOT')
  expect(check([first, upsert(GONE, 'UPDATED', 1, 2)]).duplicated).toHaveLength(1)
  expect(check([first, { ...upsert(GONE, 'UPDATED', 2), eventId: 'event-0' }]).duplicated).toHaveLength(1)
  const twice = [first, deletion(GONE), tombstone(GONE), deletion(GONE), tombstone(GONE)]
  expect(check(twice).duplicated).toHaveLength(1)
})

test.each([
  ['an older stamp after a newer one', [upsert(GONE, 'SNAPSHOT', 1, 2), upsert(GONE, 'UPDATED', 2, 1)]],
  ['another partition', [upsert(GONE, 'SNAPSHOT'), { ...upsert(GONE, 'UPDATED', 2), partition: 1 }]],
  ['a wrong reason', [upsert(GONE, 'SNAPSHOT'), upsert(GONE, 'CREATED', 2)]],
  ['a tombstone alone', [upsert(GONE, 'SNAPSHOT'), tombstone(GONE)]],
  ['no tombstone', [upsert(GONE, 'SNAPSHOT'), deletion(GONE)]],
  [
    'a commit between a delete and its tombstone',
    [upsert(GONE, 'SNAPSHOT'), deletion(GONE), { ...tombstone(GONE), offset: 3 }],
  ],
  ["another listing's event", [{ ...upsert(SHOWN, 'SNAPSHOT'), key: GONE }]],
])('%s is out of order', (_, history) => {
  expect(check(history).outOfOrder).toHaveLength(1)
})

test('a delete is false unless the source does not show the listing, or did not for a while', () => {
  const history = [upsert(SHOWN, 'SNAPSHOT'), deletion(SHOWN), tombstone(SHOWN), upsert(SHOWN, 'RESTORED')]
  expect(check(history).falseDeletes).toHaveLength(1)
  expect(check(history, [SHOWN]).falseDeletes).toEqual([])
})
