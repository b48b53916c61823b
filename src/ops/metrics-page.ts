/** `GET /metrics`: of the process, and of each of its feeds. */
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client'

import type { FeedApi } from './feed-api.ts'

/** A registry of metrics in Prometheus' text format. */
export interface MetricsText {
  readonly contentType: string
  text(): Promise<string>
}

/**
 * CPU, memory, event loop and garbage collection of the process, and how each of its feeds stands: also those that another
 * instance has, so that one which nobody has is seen.
 */
export function processMetrics(feeds: readonly Pick<FeedApi, 'prefix' | 'standing'>[]): MetricsText {
  const register = new Registry()
  collectDefaultMetrics({ register, prefix: 'listingstream_' })
  const gauge = new Gauge({
    name: 'listingstream_feed_state',
    help: '1 for how a feed stands at this instance, as GET /feeds has it',
    labelNames: ['feed', 'state'],
    registers: [register],
    collect: () => {
      gauge.reset()
      for (const { prefix, standing } of feeds) gauge.set({ feed: prefix, state: standing }, 1)
    },
  })
  return { contentType: register.contentType, text: () => register.metrics() }
}

/**
 * All of them as one: a metric that several have is described once, as the format demands, with the samples of all.
 *
 * @param ofFeeds asked at each scrape: a feed that another instance has is that one's to tell of
 */
export function metricsPage(ofProcess: MetricsText, ofFeeds: () => readonly MetricsText[]): MetricsText {
  return {
    contentType: ofProcess.contentType,
    text: async () => union(await Promise.all([ofProcess, ...ofFeeds()].map((part) => part.text()))),
  }
}

function union(texts: readonly string[]): string {
  const samples = new Map<string, string[]>()
  for (const text of texts) {
    for (const block of text.split(/^(?=# HELP )/m)) {
      const [help, type, ...lines] = block.trimEnd().split('\n')
      if (help === undefined || type === undefined) continue
      const head = `${help}\n${type}`
      const known = samples.get(head)
      if (known === undefined) samples.set(head, lines)
      else known.push(...lines)
    }
  }
  return `${[...samples].map(([head, lines]) => [head, ...lines].join('\n')).join('\n\n')}\n`
}
