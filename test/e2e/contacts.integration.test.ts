import { expect, test } from 'vitest'

import { restoredRecords, sourceRecords } from '../fixtures/restored-record.ts'
import type { TopicEvent } from '../fixtures/topic-events.ts'
import { LiveFeed, tally } from './live-feed.ts'

const OF_CONTACTS = ['--resource', 'contacts'] as const

/** What the topic says now, and what the source does: they have to be equal. */
function bothSides(feed: LiveFeed, events: readonly TopicEvent[]) {
  const beside = ['Id', 'ResourceUri', 'ModificationTimestamp']
  return [restoredRecords(events, 'contact'), sourceRecords(feed.collection('contacts'), beside)] as const
}

test('contacts have their snapshot, each change of them is one event, and one that is gone is deleted with proof (R5, R9, R12, R13)', async () => {
  await using feed = await LiveFeed.open({
    simulator: { listings: 200, seed: 71 },
    settings: { PAGE_LIMIT: '15', RESOURCES: 'contacts' },
  })
  const contacts = feed.collection('contacts')
  expect(await feed.done('snapshot', ...OF_CONTACTS)).toContain('contacts completed: 40 walked, 40 published')
  const first = await feed.readByConsole(40, 'contacts')
  expect(tally(first)).toEqual({ SNAPSHOT: 40 })
  const [told, said] = bothSides(feed, first)
  expect(told).toEqual(said)

  const keys = [...contacts.truth().keys()]
  const changed = [
    ...contacts.obey({ action: 'tag', keys: keys.slice(0, 4) }).keys,
    ...contacts.obey({ action: 'email', keys: keys.slice(4, 6) }).keys,
  ]
  contacts.obey({ action: 'touch', keys: keys.slice(6, 16) })
  const created = contacts.obey({ action: 'new', count: 2 }).keys
  expect(await feed.done('update', ...OF_CONTACTS)).toContain('18 walked, 8 published, 10 unchanged')
  const second = await feed.readByConsole(48, 'contacts')
  expect(tally(second)).toEqual({ SNAPSHOT: 40, UPDATED: 6, CREATED: 2 })
  const since = second.filter(({ eventId }) => !first.some((event) => event.eventId === eventId))
  expect(since.map(({ key }) => key).sort()).toEqual([...changed, ...created].sort())

  const [removed = ''] = contacts.obey({ action: 'remove', count: 1 }).keys
  expect(await feed.done('purge', ...OF_CONTACTS)).toContain('1 gone, 1 deleted')
  const third = await feed.readByConsole(50, 'contacts')
  expect(tally(third)).toMatchObject({ ContactDeleted: 1, Tombstone: 1 })
  expect(third.find(({ type }) => type === 'ContactDeleted')?.value).toMatchObject({
    contactKey: removed,
    reason: 'NOT_IN_SOURCE',
    evidence: 'LIST_QUERY',
  })
  const [toldThen, saidThen] = bothSides(feed, third)
  expect(toldThen).toEqual(saidThen)
}, 240_000)
