import { expect, test } from 'vitest'

import { instant } from '../../src/domain/instant.ts'
import type { GroupFigures, LagFigures } from '../../src/ops/lag-gauges.ts'
import { Metrics } from '../../src/ops/metrics.ts'

const FIGURES: GroupFigures = {
  group: 'search "index"',
  topic: 'listings',
  members: 2,
  verdict: 'slow',
  deletes: 'will_lose',
  behind: 120,
  behindMs: 4_500,
  catchUpMs: null,
  deletesLeftMs: 86_400_000,
}

async function linesOf(metrics: Metrics): Promise<readonly string[]> {
  return (await metrics.text()).split('\n').filter((line) => line.startsWith('listingstream_group_'))
}

test('each group is shown with what is known of it, until it is no more', async () => {
  const metrics = new Metrics()
  let figures: LagFigures = { at: instant(5_000), groups: [FIGURES] }
  metrics.showLag(() => figures)
  const labels = 'group="search \\"index\\"",topic="listings"'
  expect(await linesOf(metrics)).toEqual([
    'listingstream_group_look_timestamp_seconds 5',
    `listingstream_group_lag_records{${labels}} 120`,
    `listingstream_group_lag_seconds{${labels}} 4.5`,
    'listingstream_group_members{group="search \\"index\\""} 2',
    `listingstream_group_verdict{${labels},verdict="slow"} 1`,
    `listingstream_group_deletes{${labels},state="will_lose"} 1`,
    `listingstream_group_deletes_left_seconds{${labels}} 86400`,
  ])
  figures = { at: instant(6_000), groups: [{ ...FIGURES, members: null, verdict: 'ok', catchUpMs: 2_000 }] }
  const later = await linesOf(metrics)
  expect(later).toContain(`listingstream_group_verdict{${labels},verdict="ok"} 1`)
  expect(later).toContain(`listingstream_group_catch_up_seconds{${labels}} 2`)
  expect(later.filter((line) => line.includes('slow') || line.includes('members'))).toEqual([])
  figures = { at: instant(7_000), groups: [] }
  expect(await linesOf(metrics)).toEqual(['listingstream_group_look_timestamp_seconds 7'])
})

test('a daemon that does not look at groups shows nothing of them', async () => {
  expect(await linesOf(new Metrics())).toEqual([])
})
