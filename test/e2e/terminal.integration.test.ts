import { expect, test } from 'vitest'

import { runOnTerminal } from '../fixtures/terminal.ts'
import { LiveFeed } from './live-feed.ts'

test('on a terminal a pass is one line at its start and one at its end, with a line between that moves and counts', async () => {
  await using feed = await LiveFeed.open({ simulator: { listings: 200, seed: 97 } })
  const prefix = feed.settings['TOPIC_PREFIX'] ?? ''
  // So that the walk takes long enough to be seen.
  feed.simulator.faults.add({
    path: '/v1/listings',
    query: { _skiptoken: '*' },
    times: null,
    fault: { kind: 'delay', ms: 150 },
  })
  const on = (args: readonly string[]) =>
    runOnTerminal(args, feed.settings, feed.folder, AbortSignal.timeout(100_000))
  for (const pass of ['snapshot', 'purge'] as const) {
    const { code, screen, lines } = await on([pass])
    expect(code, screen).toBe(0)
    const told = lines.filter((line) => line.includes(`INFO: ${prefix}: ${pass} of listings`))
    expect(told, screen).toEqual([
      expect.stringMatching(/pass started$/),
      expect.stringMatching(/pass completed \(200 walked, 200 (published|unchanged)\)$/),
    ])
    // No fields, no blocks.
    expect(screen).not.toMatch(/passId|"level"|startedAt/)
    expect(lines.length).toBeLessThan(15)
    expect(screen).toMatch(new RegExp(`${prefix}: ${pass} of listings: \\d+ of 200 \\(\\d+ %\\)`))
    expect(screen).toMatch(/\(\d+ %\), \d+ s left/)
    expect(lines.join('\n')).toContain(`${pass} of listings completed: 200 walked`)
  }
  const dryRun = await on(['purge', '--dry-run'])
  expect(dryRun.screen).toMatch(new RegExp(`${prefix}: purge of listings: 1\\d\\d of 200 \\(\\d+ %\\)`))
}, 200_000)

test('the line goes on with the sets that are read behind the listings, by their name', async () => {
  const settings = { SUBRESOURCES: 'photos', MEDIA_FETCH: 'single' }
  await using feed = await LiveFeed.open({ simulator: { listings: 200, seed: 98 }, settings })
  const prefix = feed.settings['TOPIC_PREFIX'] ?? ''
  feed.simulator.faults.add({
    path: '/v1/listings/{Id}/photos',
    times: null,
    fault: { kind: 'delay', ms: 100 },
  })
  const signal = AbortSignal.timeout(100_000)
  const { code, screen } = await runOnTerminal(['snapshot'], feed.settings, feed.folder, signal)
  expect(code, screen).toBe(0)
  const line = `${prefix}: snapshot of listings: listing-photos, \\d+ of 1\\d\\d`
  expect(screen).toMatch(new RegExp(`${line} \\(\\d+ %\\), \\d+ s left`))
}, 200_000)
