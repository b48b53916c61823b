import { expect, test } from 'vitest'

import { metricsPage, processMetrics } from '../../src/ops/metrics-page.ts'
import { Metrics } from '../../src/ops/metrics.ts'

test('metrics of several feeds are one page: each described once, each sample with its feed', async () => {
  const east = new Metrics({ feed: 'east' })
  const west = new Metrics({ feed: 'west' })
  east.apiRequest({ status: 200, purpose: 'walk' })
  east.transaction(0.02)
  west.apiRequest({ status: 200, purpose: 'walk' })
  west.transaction(0.02)
  const text = await metricsPage(processMetrics(), () => [east, west]).text()
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
