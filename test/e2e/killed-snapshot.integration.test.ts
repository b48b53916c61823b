import { expect, test } from 'vitest'

import { Prng } from '../../src/simulator/prng.ts'
import { CLEAN } from '../fixtures/topic-checker.ts'
import { LiveFeed, pageRequests, tally } from './live-feed.ts'

const LISTINGS = 240
/** And an empty one, which ends the walk. */
const PAGES = LISTINGS / 10
const KILLS = 2

test.concurrent.each([1, 2, 3])(
  'a snapshot that is killed in the middle goes on at its token, and publishes each listing once (R1, R2; moments of seed %i)',
  async (seed) => {
    await using feed = await LiveFeed.open({ simulator: { listings: LISTINGS, seed } })
    const requested = (): readonly URLSearchParams[] => pageRequests(feed.simulator.requests.latest)
    const prng = new Prng(seed)

    for (let kill = 0; kill < KILLS; kill += 1) {
      await using snapshot = feed.start(['snapshot'])
      // By the fourth request, sent while the third page is in hand, the second is committed.
      const moment = requested().length + 4 + prng.below(PAGES / KILLS - 5)
      await expect
        .poll(() => requested().length, { timeout: 60_000, interval: 1 })
        .toBeGreaterThanOrEqual(moment)
      expect(await snapshot.kill('SIGKILL')).toMatchObject({ signal: 'SIGKILL' })
    }
    expect(await feed.done('snapshot')).toMatch(/completed(, resumed)?: 240 walked, 240 published$/)

    const tokens = requested().map((query) => query.get('_skiptoken'))
    expect(tokens.filter((token) => token === '')).toHaveLength(1)
    // A kill costs the page in hand and the two that were fetched ahead.
    expect(tokens.length).toBeLessThanOrEqual(PAGES + 1 + 3 * KILLS)
    const events = await feed.readByConsole(LISTINGS)
    expect(tally(events)).toEqual({ SNAPSHOT: LISTINGS })
    expect(feed.check(events)).toEqual(CLEAN)
  },
  240_000,
)
