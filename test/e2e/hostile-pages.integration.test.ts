import { expect, test } from 'vitest'

import { LiveFeed, tally } from './live-feed.ts'

interface Listed {
  readonly key: string
  readonly reason: string
  readonly record?: { readonly Id: string }
  readonly recordText?: string
}

test('listings that no JSON parser or no reader takes hold up nothing: they are dead letters, and come when they are mended (R12)', async () => {
  await using feed = await LiveFeed.open({
    simulator: { listings: 60, seed: 18 },
    settings: { PAGE_LIMIT: '25' },
  })
  const keys = feed.keys()
  const [nan = '', other = '', deep = ''] = [keys[3], keys[30], keys[40]]
  feed.simulator.configure({ poisoned: { [nan]: 'nan', [other]: 'nan', [deep]: 'deep' } })
  expect(await feed.done('snapshot')).toContain('60 walked, 57 published, 3 dead_lettered')

  const letters = (await feed.done('dead-letters', 'list', '--json', '--raw'))
    .split('\n')
    .map((line) => JSON.parse(line) as Listed)
  const letterOf = (key: string): Listed | undefined => letters.find((letter) => letter.key === key)
  expect(letters).toHaveLength(3)
  for (const key of [nan, other]) {
    expect(letterOf(key)?.recordText).toContain(':NaN')
    expect(letterOf(key)?.recordText).toContain(key)
  }
  expect(letterOf(deep)).toMatchObject({
    reason: expect.stringContaining('100 levels'),
    record: { Id: deep },
  })

  // The same again is no news, and a purge takes none of them for gone.
  expect(await feed.done('snapshot')).toMatch(/60 walked, 60 unchanged$/)
  expect(await feed.done('purge')).toMatch(/ 0 gone, 0 deleted, .* 0 missed/)

  const size = (await feed.done('dead-letters', 'list', '--json')).split('\n').length
  expect((await feed.run(['dead-letters', 'retry', '--all'])).code).toBe(1)
  expect((await feed.done('dead-letters', 'list', '--json')).split('\n')).toHaveLength(size)
  expect(await feed.done('purge')).toMatch(/ 0 gone, 0 deleted, .* 0 missed/)

  feed.simulator.configure({ poisoned: {} })
  await feed.done('dead-letters', 'retry', '--all')
  const events = await feed.read()
  expect(tally(events)).toEqual({ SNAPSHOT: 57, CREATED: 3 })
  expect(feed.check(events)).toMatchObject({ lost: [] })
}, 240_000)
