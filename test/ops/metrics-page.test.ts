import { expect, test } from 'vitest'

import type { FeedStanding } from '../../src/ops/feed-api.ts'
import { metricsPage, processMetrics } from '../../src/ops/metrics-page.ts'
import { Metrics } from '../../src/ops/metrics.ts'

test('metrics of several feeds are one page: each described once, each sample with its feed', async () => {
  const east = new Metrics({ feed: 'east' })
  const west = new Metrics({ feed: 'west' })
  east.apiRequest({ status: 200, purpose: 'walk' })
  east.transaction(0.02)
  west.apiRequest({ status: 200, purpose: 'walk' })
  west.transaction(0.02)
  const text = await metricsPage(processMetrics([]), () => [east, west]).text()
  const lines = text.split('\n')

  expect(lines.filter((line) => line.includes('api_requests_total'))).toEqual([
    expect.stringMatching(/^# HELP listingstream_api_requests_total /),
    '# TYPE listingstream_api_requests_total counter',
    'listingstream_api_requests_total{code="200",purpose="walk",feed="east"} 1',
    'listingstream_api_requests_total{code="200",purpose="walk",feed="west"} 1',
  ])
  const heads = lines.filter((line) => line.startsWith('# TYPE '))
  expect(new Set(heads).size).toBe(heads.length)
  const ofFeeds = lines.filter((line) => /^listingstream_(?!process_|nodejs_)/.test(line))
  expect(ofFeeds.filter((line) => !/feed="(east|west)"/.test(line))).toEqual([])
  expect(text).toContain('listingstream_process_cpu_seconds_total')
  expect(text.endsWith('\n')).toBe(true)
})

test('how each feed stands is told by every instance that knows it, also of those that another one has', async () => {
  const east: { prefix: string; standing: FeedStanding } = { prefix: 'east', standing: 'opening' }
  const west = { prefix: 'west', standing: 'elsewhere' } as const
  const page = metricsPage(processMetrics([east, west]), () => [])
  const states = async (): Promise<readonly string[]> =>
    (await page.text()).split('\n').filter((line) => line.startsWith('listingstream_feed_state'))
  expect(await states()).toEqual([
    'listingstream_feed_state{feed="east",state="opening"} 1',
    'listingstream_feed_state{feed="west",state="elsewhere"} 1',
  ])
  east.standing = 'stopped'
  expect(await states()).toContain('listingstream_feed_state{feed="east",state="stopped"} 1')
  expect(await states()).toHaveLength(2)
})
