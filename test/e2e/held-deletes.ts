import { expect } from 'vitest'

import type { LiveFeed } from './live-feed.ts'

export const HELD_METRIC = 'listingstream_deletes_held{resource="listings"}'
/** Nothing comes by itself. */
export const IDLE = { UPDATE_INTERVAL: '1d', PURGE_INTERVAL: '1d' }
/** A hundred deletes are more than it lets through. */
export const STRICT = { PURGE_HARD_MAX: '50', PAGE_LIMIT: '1000' }

export interface Held {
  readonly sweep: string
  readonly deletes: number
  readonly why: string
  readonly preview: {
    readonly total: number
    readonly keys: readonly { readonly key: string }[]
  }
}

/** What `purge show --json` says: there has to be a hold. */
export async function shown(feed: LiveFeed, ...options: readonly string[]): Promise<Held> {
  const show = await feed.run(['purge', 'show', '--json', ...options])
  expect(show).toMatchObject({ code: 3 })
  return (JSON.parse(show.stdout) as { hold: Held }).hold
}
