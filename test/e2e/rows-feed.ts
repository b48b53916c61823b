import { expect } from 'vitest'

import type { TopicEvent } from '../fixtures/topic-events.ts'
import type { LiveFeed } from './live-feed.ts'

/** Names of what a row is compared with, written down once more. */
export interface RowNames {
  readonly topic: string
  readonly rows: string
  readonly content: string
  readonly fields: string
}

export const LISTING_ROWS: RowNames = {
  topic: 'listings',
  rows: 'listing-rows',
  content: 'listing',
  fields: 'standardFields',
}
export const ACCOUNT_ROWS: RowNames = {
  topic: 'accounts',
  rows: 'account-rows',
  content: 'account',
  fields: 'fields',
}
export const PHOTO_ROWS: RowNames = {
  topic: 'listing-photos',
  rows: 'listing-photos-rows',
  content: 'photoSet',
  fields: 'fields',
}

type Members = Readonly<Record<string, unknown>>

/** The last row of each key says what its last event says, member for member, and there is none of any other key. */
export async function expectRows(feed: LiveFeed, names: RowNames): Promise<readonly TopicEvent[]> {
  const rows = await feed.read(names.rows)
  const events = lastOf(await feed.read(names.topic))
  const told = lastOf(rows)
  const live = [...events].filter(([, { type }]) => /(?:Upserted|Replaced)$/.test(type))
  expect(
    [...told]
      .filter(([, { value }]) => value !== null)
      .map(([key]) => key)
      .toSorted(),
  ).toEqual(live.map(([key]) => key).toSorted())
  for (const [key, event] of live) expectSame(told.get(key)?.value as Members, event.value as Members, names)
  return rows
}

function expectSame(row: Members, event: Members, { content, fields }: RowNames): void {
  const { [content]: held, observedAt, volatileFields } = event
  const { [fields]: source, maskedFields, unmappedFields, customFields } = held as Members
  expect(row['ObservedAt']).toBe(observedAt)
  const json = { MaskedFields: maskedFields, UnmappedFields: unmappedFields, VolatileFields: volatileFields }
  for (const [name, value] of Object.entries({ ...json, CustomFields: customFields })) {
    if (value !== undefined) expect(JSON.parse(String(row[name])), name).toEqual(plain(value))
  }
  for (const [name, value] of Object.entries(source as Members)) {
    // Of two names that differ in case alone, the later one has a number.
    const column = name in row ? row[name] : row[`${name}_2`]
    if (typeof value === 'object' && value !== null)
      expect(JSON.parse(String(column)), name).toEqual(plain(value))
    else expect(column, name).toBe(value)
  }
}

/** Without the classes that avsc makes. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value))
}

function lastOf(events: readonly TopicEvent[]): ReadonlyMap<string, TopicEvent> {
  return new Map(events.map((event) => [event.key, event]))
}
