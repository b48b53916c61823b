/** `GET /metrics`: of the process, and of each of its feeds. */
import { collectDefaultMetrics, Registry } from 'prom-client'

/** A registry of metrics in Prometheus' text format. */
export interface MetricsText {
  readonly contentType: string
  text(): Promise<string>
}

/** CPU, memory, event loop and garbage collection of the process. */
export function processMetrics(): MetricsText {
  const register = new Registry()
  collectDefaultMetrics({ register, prefix: 'listingstream_' })
  return { contentType: register.contentType, text: () => register.metrics() }
}

/** All of them as one: a metric that several have is described once, as the format demands, with the samples of all. */
export function metricsPage(parts: readonly [MetricsText, ...MetricsText[]]): MetricsText {
  return {
    contentType: parts[0].contentType,
    text: async () => union(await Promise.all(parts.map((part) => part.text()))),
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
