import { rm } from 'node:fs/promises'

import { expect, test, vi } from 'vitest'

import { CLEAN } from '../fixtures/topic-checker.ts'
import type { TopicEvent } from '../fixtures/topic-events.ts'
import { LiveDaemon } from './live-daemon.ts'
import { LiveFeed, tally } from './live-feed.ts'

const HELD = 'listingstream_records_held{resource="listings",pass="update"}'
const IDLE = { UPDATE_INTERVAL: '1d', PURGE_INTERVAL: '1d' }

interface Held {
  readonly hold: {
    readonly sweep: string
    readonly kind: string
    readonly pass: string
    readonly records: number
    readonly deletes: number
    readonly preview: { readonly total: number; readonly groups: Readonly<Record<string, readonly object[]>> }
  }
}

async function shown(feed: LiveFeed): Promise<Held['hold']> {
  const show = await feed.run(['purge', 'show', '--json'])
  expect(show).toMatchObject({ code: 3 })
  return (JSON.parse(show.stdout) as Held).hold
}

function maskedIn(events: readonly TopicEvent[]): readonly TopicEvent[] {
  return events.filter(({ value }) => {
    const content = (value as { listing?: { maskedFields?: readonly string[] } } | null)?.listing
    return content?.maskedFields?.includes('ListPrice') === true
  })
}

test.concurrent('a role that loses the right to a field of 2,000 listings is held, with nothing of it published, survives kill -9 and the loss of DATA_DIR, and is published when it is approved; a handful passes (R10)', async () => {
  await using feed = await LiveFeed.open({
    simulator: { listings: 2_000, seed: 43 },
    settings: { PAGE_LIMIT: '500' },
  })
  const { listings } = feed.simulator
  await feed.done('snapshot')

  const { keys } = listings.apply({ action: 'touch', count: 5 })
  listings.apply({ action: 'mask', fields: ['ListPrice'], keys })
  expect(await feed.done('update')).toContain('5 published')
  expect(
    maskedIn(await feed.read())
      .map(({ key }) => key)
      .toSorted(),
  ).toEqual(keys.toSorted())

  listings.apply({ action: 'mask', fields: ['ListPrice'] })
  listings.apply({ action: 'bulk-touch' })
  const added = listings.apply({ action: 'new', count: 1 }).keys
  const update = await feed.run(['update'])
  expect(update).toMatchObject({ code: 3 })
  const why = '1995 of 2000 records that were read again gained masked fields, above MASK_MAX_RATIO (0.1)'
  expect(update.stdout).toContain(`1995 records held, of which nothing is published: ${why}`)
  const { sweep } = await shown(feed)
  {
    await using daemon = await LiveDaemon.start(feed, IDLE)
    expect(await daemon.metric(HELD)).toBe(1_995)
    // Its first update finds the same, which is the same hold.
    const ended = 'listingstream_passes_total{resource="listings",pass="update",state="held"}'
    await vi.waitUntil(async () => (await daemon.metric(ended)) > 0, { timeout: 60_000, interval: 100 })
    await daemon.process.kill('SIGKILL')
  }
  await rm(feed.dataDir, { recursive: true })

  const before = await feed.read()
  expect(tally(before)).toEqual({ SNAPSHOT: 2_000, UPDATED: 5, CREATED: 1 })
  expect(maskedIn(before)).toHaveLength(5)
  const isCreated = ({ value }: TopicEvent): boolean =>
    (value as { change?: string } | null)?.change === 'CREATED'
  expect(before.filter(isCreated).map(({ key }) => key)).toEqual(added)

  await using daemon = await LiveDaemon.start(feed, IDLE)
  expect(await daemon.metric(HELD)).toBe(1_995)
  expect(JSON.parse((await daemon.get('/readyz')).text)).toMatchObject({
    ready: true,
    held: [{ resource: 'listings', pass: 'update', kind: 'records', detail: why }],
  })
  expect(await feed.done('status')).toContain(`Held records  1,995 by the update (${why})`)
  const hold = await shown(feed)
  expect(hold).toMatchObject({
    sweep,
    kind: 'masking',
    pass: 'update',
    records: 1_995,
    deletes: 0,
    preview: { total: 1_995 },
  })
  expect(Object.keys(hold.preview.groups)).toEqual(expect.arrayContaining(['mlsId', 'status', 'city']))

  const few = await feed.run(['purge', 'approve', sweep, '--max', '1994'])
  expect(few).toMatchObject({ code: 3 })
  expect(few.stdout).toContain('1994 records of hold')
  expect(maskedIn(await feed.read())).toHaveLength(5)

  expect(await feed.done('purge', 'approve', sweep, '--max', '1995')).toContain('1995 published')
  expect(await daemon.metric(HELD)).toBe(0)
  expect(await feed.done('purge', 'show')).toBe('nothing of listings is held')
  expect(await feed.done('update')).toContain('update of listings completed')
  await daemon.process.kill('SIGTERM')
  const events = await feed.read()
  expect(tally(events)).toEqual({ SNAPSHOT: 2_000, UPDATED: 2_000, CREATED: 1 })
  expect(feed.check(events)).toEqual(CLEAN)
}, 300_000)
