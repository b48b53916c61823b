import { describe, expect, test } from 'vitest'

import { SchemaRegistry } from '../../src/events/registry/schema-registry.ts'
import { testStack } from '../fixtures/test-stack.ts'
import { LiveFeed, pageRequests } from './live-feed.ts'

describe('a command that cannot do what it is asked for leaves nothing behind', () => {
  test.each(['update', 'purge'])(
    '%s before the first snapshot claims no feed, makes no topic and registers no schema',
    async (pass) => {
      await using feed = await LiveFeed.open({ simulator: { listings: 5, seed: 81 } })
      const { code, stdout, stderr } = await feed.run([pass])
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
      expect(stderr).toContain(`nothing to ${pass}. Run "listingstream snapshot --resource listings" first`)
      expect(stderr).toContain('[NO_SNAPSHOT]')
      expect(await feed.topics()).toEqual([])
      const registry = new SchemaRegistry({ url: testStack().registryUrl })
      const subject = `${feed.topic}-listingstream.ListingUpserted`
      expect(await registry.versions(subject, AbortSignal.timeout(10_000))).toEqual([])
    },
    60_000,
  )

  test('what reads the topics says of a prefix without topics the same, with exit code 2', async () => {
    await using feed = await LiveFeed.open({ simulator: { listings: 5, seed: 82 } })
    const said = []
    for (const args of [['tail'], ['tail', '--until-end'], ['dead-letters', 'list'], ['asyncapi']]) {
      const { code, stdout, stderr } = await feed.run(args)
      said.push({ code, stdout, names: /Check TOPIC_PREFIX.*\[TOPIC_MISSING\]\n$/s.test(stderr) })
    }
    expect(said).toEqual(said.map(() => ({ code: 2, stdout: '', names: true })))
  }, 60_000)
})

test('a snapshot that is stopped exits with 5, so that what follows && does not run, and goes on when it is run again', async () => {
  await using feed = await LiveFeed.open({ simulator: { listings: 120, seed: 83 } })
  feed.simulator.faults.add({ path: '/v1/listings', fault: { kind: 'delay', ms: 200 }, times: null })
  await using snapshot = feed.start(['snapshot'])
  await expect
    .poll(() => pageRequests(feed.simulator.requests.latest).length, { timeout: 60_000 })
    .toBeGreaterThan(3)
  const { code, stdout, stderr } = await snapshot.kill('SIGINT')
  expect({ code, stdout }).toEqual({ code: 5, stdout: '' })
  expect(stderr.trim().split('\n').at(-1)).toBe(
    'listingstream: stopped before it was complete; run it again to go on',
  )
  feed.simulator.faults.clear()
  expect(await feed.done('snapshot')).toContain('completed, resumed: 120 walked')
}, 120_000)

describe('tail shows what it is asked for', () => {
  test('of one listing, of one resource, so many, or all up to now', async () => {
    await using feed = await LiveFeed.open({ simulator: { listings: 12, seed: 84 } })
    await feed.done('snapshot')
    const [key = '', other = ''] = feed.keys()
    const lines = async (...args: readonly string[]): Promise<readonly string[]> => {
      const text = await feed.done('tail', ...args)
      return text === '' ? [] : text.split('\n')
    }
    expect(await lines('--until-end')).toHaveLength(12)
    expect(await lines('--until-end', '--key', key)).toEqual([expect.stringContaining(` ${key} `)])
    expect(await lines('--until-end', '--key', key, other)).toHaveLength(2)
    expect(await lines('--until-end', '--limit', '5', '--resource', 'listings')).toHaveLength(5)
    expect(await lines('--from-beginning', '--limit', '12')).toHaveLength(12)
    const [event = ''] = await lines('--until-end', '--key', key, '--json')
    expect(JSON.parse(event)).toMatchObject({ key, type: 'ListingUpserted' })

    const unknown = await feed.run(['tail', '--resource', 'listing'])
    expect(unknown).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('listings') })
  }, 120_000)
})
