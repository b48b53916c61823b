import { expect, test } from 'vitest'

import type { RequestPlan } from '../../src/replication/request-plan.ts'
import { LiveFeed } from './live-feed.ts'

const SETTINGS = { RESOURCES: 'listings,accounts', UPDATE_INTERVAL: '1d', PURGE_INTERVAL: '1d' }

/** Asked whenever a feed is opened: whose key it is. */
const OPENING = 1

test('a day of one update and one purge costs what was planned for it, by what the checkpoints know', async () => {
  await using feed = await LiveFeed.open({ simulator: { listings: 200, seed: 71 }, settings: SETTINGS })
  const requests = () => feed.simulator.requests.summary.requests
  const blind = await feed.run(['plan-requests'])
  expect(blind).toMatchObject({ code: 2, stdout: '' })
  expect(blind.stderr).toContain('--records listings=50000,accounts=50000')

  const other = await feed.run(['plan-requests', '--records', 'listings=200,accounts=40,contacts=7'])
  expect(other).toMatchObject({ code: 2, stdout: '' })
  expect(other.stderr).toContain('--records: contacts')
  expect(other.stderr).toContain('RESOURCES=listings,accounts,contacts')

  const given = ['plan-requests', '--records', 'listings=200,accounts=40', '--json']
  const { firstDownload } = JSON.parse(await feed.done(...given)) as RequestPlan
  expect(requests()).toBe(0)
  for (const args of [['snapshot'], ['snapshot', '--resource', 'accounts']]) await feed.done(...args)
  // Each resource is counted when it is opened before its first walk.
  const counts = 2 + 1
  expect(requests() - 2 * OPENING - counts).toBe(firstDownload.requests)

  const unchanged = ['plan-requests', '--changes-per-day', 'listings=0,accounts=0', '--json']
  const plan = JSON.parse(await feed.done(...unchanged)) as RequestPlan & { resources: object[] }
  expect(plan.resources).toMatchObject([
    { resource: 'listings', records: 200, recordsFrom: 'checkpoints', changesFrom: 'given' },
    { resource: 'accounts', records: 40, recordsFrom: 'checkpoints', changesFrom: 'given' },
  ])
  const before = requests()
  const passes = [
    ['update'],
    ['update', '--resource', 'accounts'],
    ['purge'],
    ['purge', '--resource', 'accounts'],
  ]
  for (const args of passes) await feed.done(...args)
  const questions = plan.perDay.filter(({ purpose }) => purpose === 'question')
  const asked = requests() - before - passes.length * OPENING
  const planned = plan.perDay.reduce((sum, row) => sum + row.requests, 0)
  // Nothing left the source, so that nothing is asked for by key.
  expect(asked).toBe(planned - questions.reduce((sum, row) => sum + row.requests, 0))
}, 180_000)

test('what does not fit ends with exit code 1, and is warned of when the daemon starts', async () => {
  const settings = { UPDATE_INTERVAL: '100ms', API_RATE: '1500' }
  await using feed = await LiveFeed.open({ simulator: { listings: 20, seed: 72 }, settings })
  const plan = await feed.run(['plan-requests', '--records', 'listings=20'])
  expect(plan).toMatchObject({ code: 1, stderr: '' })
  expect(plan.stdout).toContain('It does not fit')
  await using daemon = feed.start(['run'])
  await daemon.logged('It does not fit', AbortSignal.timeout(60_000))
}, 120_000)
