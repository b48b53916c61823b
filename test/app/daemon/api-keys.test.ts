import { describe, expect, test } from 'vitest'

import { ApiKeys } from '../../../src/app/daemon/api-keys.ts'
import { loadFeeds } from '../../../src/config/load-settings.ts'
import { UNSEEN_METRICS } from '../../../src/ops/feed-metrics.ts'
import { createLogger } from '../../../src/ops/logger.ts'
import { makeCertificate } from '../../../src/simulator/server/certificate.ts'
import { startSimulator } from '../../../src/simulator/server/start-simulator.ts'

const logger = createLogger({ level: 'silent' })
const never = new AbortController().signal
const { authority } = await makeCertificate('localhost')

function feedsWith(url: string, feeds: readonly Readonly<Record<string, string>>[]) {
  const file = JSON.stringify({ SPARK_API_URL: url, feeds })
  const readFile = (path: string): string => (path === 'ca.pem' ? authority : file)
  return loadFeeds(['spark', 'feed'], { env: {}, readFile }).feeds
}

const EAST = { TOPIC_PREFIX: 'east', SPARK_ACCESS_TOKEN: 'one-token' }
const request = {
  purpose: 'walk',
  method: 'GET',
  target: '/v1/system',
  headers: {},
  body: undefined,
} as const

describe('feeds in one process', () => {
  test('share what the API takes of a key if they have the same one, and only then', async () => {
    await using simulator = await startSimulator({ listings: 1 })
    const feeds = feedsWith(simulator.url, [
      EAST,
      { ...EAST, TOPIC_PREFIX: 'west' },
      { TOPIC_PREFIX: 'north', SPARK_ACCESS_TOKEN: 'another-token' },
    ])
    await using keys = new ApiKeys(feeds, logger)
    const sent: string[] = []
    const transports = feeds.map((settings) =>
      keys.transportOf(settings, {
        ...UNSEEN_METRICS,
        requestSent: (purpose) => void sent.push(`${settings.feed.topicPrefix} ${purpose}`),
      }),
    )
    const numbered: string[] = []
    await transports[0]!.send({ ...request, largestBody: 1_000_000 }, () => numbered.push('sent'), never)
    expect(transports.map((transport) => transport.report().used.walk)).toEqual([1, 1, 0])
    // Each tells its own metrics alone.
    expect(sent).toEqual(['east walk'])
    expect(numbered).toEqual(['sent'])
  })

  test.each([
    ['API_RATE', '100'],
    ['SPARK_REQUEST_TIMEOUT', '5s'],
    ['SPARK_API_CA', 'ca.pem'],
  ])('have to say the same of a key that they share: %s', (setting, value) => {
    const feeds = feedsWith('http://localhost:1', [EAST, { ...EAST, TOPIC_PREFIX: 'west', [setting]: value }])
    expect(() => new ApiKeys(feeds, logger)).toThrow(
      new RegExp(`${setting} of feed west: The feed east has the same token`),
    )
    expect(() => new ApiKeys(feeds, logger)).not.toThrow(/one-token/)
  })
})
