import { expect, test } from 'vitest'

import { API, startKafkaProxy } from '../fixtures/kafka-proxy.ts'
import { testStack } from '../fixtures/test-stack.ts'
import { LiveFeed } from './live-feed.ts'

/** The connections stay open, and nothing comes back on them: a broker that is stopped (SIGSTOP), or a pulled cable. */
test.each(['produce', 'endTxn'] as const)(
  'a daemon is stopped within ten seconds, with exit code 0 and a line, while its broker is frozen at %s',
  async (api) => {
    const [broker = ''] = testStack().brokers
    await using proxy = await startKafkaProxy(broker)
    await using feed = await LiveFeed.open({ simulator: { listings: 30 } })
    const frozen = Promise.withResolvers<void>()
    let met = 0
    proxy.judge = (apiKey) => {
      // The owner's record is the first of either; the second page is open when it stops.
      if (apiKey === API[api]) met += 1
      if (met < 4) return 'pass'
      frozen.resolve()
      return new Promise(() => undefined)
    }
    await using daemon = feed.start(['run'], { KAFKA_BROKERS: proxy.broker })
    await frozen.promise
    const asked = performance.now()
    const exit = await daemon.kill('SIGTERM')
    const took = performance.now() - asked
    expect(exit).toMatchObject({ code: 0, signal: null })
    expect(took).toBeLessThan(9_500)
    if (api === 'produce') expect(exit.stderr).toContain('a transaction stays open')
    expect(exit.stderr).not.toMatch(/^\s+at .+:\d+/m)
  },
  60_000,
)
