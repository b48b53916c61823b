import { describe, expect, test } from 'vitest'

import { recordKey } from '../../../src/domain/record-key.ts'
import { PLAIN_PASS } from '../../../src/replication/feed-runner.ts'
import type { RepublishSelection } from '../../../src/replication/republish.ts'
import { failing, keysOf, photographed, PHOTOS, SetsFeed } from './sets-feed.ts'

const { signal } = new AbortController()

async function filled(count: number, answer?: Parameters<typeof SetsFeed.of>[1]): Promise<SetsFeed> {
  const feed = await SetsFeed.of(
    keysOf(count).map((key) => photographed(key)),
    answer,
  )
  await feed.run(PHOTOS, 'snapshot')
  feed.asked()
  feed.events(PHOTOS)
  return feed
}

function republish(feed: SetsFeed, selection: RepublishSelection) {
  return feed.runner.run(PHOTOS, 'republish', { ...PLAIN_PASS, republish: selection, onDemand: true }, signal)
}

/** Of the events since the first fill. */
function republished(feed: SetsFeed): readonly string[] {
  return feed.events(PHOTOS).filter((event) => event.endsWith('REPUBLISHED'))
}

describe('a republish of sets', () => {
  test('of everything publishes each once more, and of an interrupted one what is left, as the same pass (R1, R2)', async () => {
    const feed = await filled(60)
    feed.twins.publisher.failAfterCommit(0, new Error('the process ends'))
    await expect(republish(feed, 'all')).rejects.toThrow('the process ends')
    const interrupted = feed.twins.committed().at(-1)?.request.progress
    expect(interrupted).toMatchObject({ pass: 'republish', state: 'running' })
    const next = await feed.restarted({ index: 'lost' })
    const { progress, republished: result } = await republish(next, 'all')
    expect(progress).toMatchObject({ passId: interrupted?.passId, state: 'completed', walked: 60 })
    expect(next.asked()).toHaveLength(10)
    expect(result).toEqual({ fates: undefined, left: { count: 0, keys: [] } })
  })

  test('of certain keys says what became of each', async () => {
    const feed = await filled(4)
    feed.answer = (_, key) => {
      if (key === recordKey('2')) return failing('failed', 'SPARK_DATA_FAILED')
      return key === recordKey('3') ? [{ Id: 'another' }] : [{ Id: `of ${key}` }]
    }
    const keys = ['1', '2', '3', '9'].map(recordKey)
    const { progress, republished: result } = await republish(feed, keys)
    expect([...(result?.fates ?? [])]).toEqual([
      ['1', 'republished'],
      ['2', 'failed'],
      ['3', 'changed'],
      ['9', 'no_set'],
    ])
    expect(progress).toMatchObject({ state: 'completed', walked: 2 })
    expect(progress.missed, 'what an operator asked for is nothing that updates missed').toEqual({})
    expect(republished(feed)).toEqual(['1 REPUBLISHED'])
    // What was not named is not asked for.
    expect(feed.asked()).not.toContain('photos 4')
  })
})
