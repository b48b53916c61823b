import { expect, test } from 'vitest'

import { SchemaRegistry } from '../../src/events/registry/schema-registry.ts'
import { LoopbackRegistry } from '../events/loopback-registry.ts'
import { LiveFeed } from './live-feed.ts'

const NEVER = new AbortController().signal

test('a start against a registry that was emptied, or gave the ids to other schemas, stops and registers nothing', async () => {
  await using whole = await LoopbackRegistry.start()
  await using feed = await LiveFeed.open({
    simulator: { listings: 5 },
    settings: { SCHEMA_REGISTRY_URL: whole.url },
  })
  await feed.done('snapshot')

  await using emptied = await LoopbackRegistry.start()
  await using reused = await LoopbackRegistry.start()
  const theirs = new SchemaRegistry({ url: reused.url })
  for (let n = 1; n <= 20; n += 1) {
    await theirs.register('other', JSON.stringify({ type: 'record', name: `Other${n}`, fields: [] }), NEVER)
  }
  reused.requests.length = 0
  for (const [registry, how] of [
    [emptied, /the id is unknown/],
    [reused, /means "?Other\d/],
  ] as const) {
    for (const command of ['snapshot', 'update', 'status']) {
      const { code, stderr } = await feed.run([command], { SCHEMA_REGISTRY_URL: registry.url })
      expect(stderr, command).toContain('REGISTRY_LOST')
      expect(stderr, command).toMatch(how)
      expect(stderr, command).toMatch(/Restore .*TOPIC_PREFIX/)
      expect(code, command).not.toBe(0)
    }
    expect(registry.calls().filter((call) => !call.startsWith('GET /schemas/ids/'))).toEqual([])
  }
  {
    // The daemon waits, as for anything that keeps it from starting.
    await using daemon = feed.start(['run'], { SCHEMA_REGISTRY_URL: emptied.url })
    await expect.poll(() => daemon.stderr, { timeout: 30_000 }).toContain('"code":"REGISTRY_LOST"')
    await daemon.kill('SIGTERM')
    expect([...emptied.versions.keys()]).toEqual([])
  }
  expect(await feed.done('update')).toContain('completed: 0 walked')
}, 240_000)
