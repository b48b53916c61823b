import { expect, test } from 'vitest'

import { freePort } from '../../src/stack/ports.ts'
import { TraceCollector, type CollectedSpan } from '../fixtures/trace-collector.ts'
import { LiveFeed } from './live-feed.ts'

const KEY = 'collector-key-0123'

/** Of a pass, with how many there are of each name. */
function childrenOf(
  spans: readonly CollectedSpan[],
  parent: CollectedSpan,
): Readonly<Record<string, number>> {
  const children = spans.filter(({ parentSpanId }) => parentSpanId === parent.spanId)
  for (const child of children) {
    expect(child.traceId).toBe(parent.traceId)
    expect(child.startTimeUnixNano >= parent.startTimeUnixNano).toBe(true)
    expect(child.endTimeUnixNano <= parent.endTimeUnixNano).toBe(true)
  }
  return Object.fromEntries(
    [...Map.groupBy(children, ({ name }) => name)].map(([name, list]) => [name, list.length]),
  )
}

test('a collector is told of each pass with its pages, questions and transactions within it, and of no key or secret (R15)', async () => {
  await using collector = await TraceCollector.start()
  await using feed = await LiveFeed.open({
    simulator: { listings: 30, seed: 21 },
    settings: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_EXPORTER_OTLP_HEADERS: `api-key=${KEY}` },
  })
  await feed.done('snapshot')
  const [gone = ''] = feed.simulator.listings.apply({ action: 'remove', count: 1 }).keys
  await feed.done('purge')

  const [snapshot, purge] = collector.spans.filter(({ name }) => name === 'pass')
  expect(snapshot?.attributes).toMatchObject({
    resource: 'listings',
    pass: 'snapshot',
    state: 'completed',
    published: 30,
  })
  expect(purge?.attributes).toMatchObject({ pass: 'purge', state: 'completed' })
  // 30 records in pages of 10, an empty page that ends the walk, and the count after it (R7).
  const counts = [snapshot, purge].map((pass) => childrenOf(collector.spans, pass!))
  expect(counts[0]).toMatchObject({ page: 4, question: 1, transaction: expect.any(Number) })
  expect(counts[0]?.['transaction']).toBeGreaterThanOrEqual(3)
  expect(counts[1]?.['question']).toBeGreaterThanOrEqual(2)
  expect(counts[1]?.['transaction']).toBeGreaterThanOrEqual(1)

  expect(new Set(collector.asked)).toEqual(new Set([`/v1/traces ${KEY}`]))
  expect(collector.resources[0]).toMatchObject({ 'service.name': 'listingstream' })
  const said = collector.bodies.join('\n')
  for (const text of [gone, KEY, feed.simulator.accessToken, ...feed.keys()]) expect(said).not.toContain(text)
})

test('a collector that is down holds up nothing, and is told of once', async () => {
  await using feed = await LiveFeed.open({
    simulator: { listings: 10, seed: 22 },
    settings: { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${await freePort()}` },
  })
  const { code, stderr } = await feed.run(['snapshot'])
  expect(code).toBe(0)
  expect(stderr.split('the collector takes no traces')).toHaveLength(2)
})
