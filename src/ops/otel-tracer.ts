/** Spans to an OpenTelemetry collector, by OTLP over HTTP. Loaded only where one is set: 100 ms of CPU. */
import { AsyncLocalStorage } from 'node:async_hooks'

import { ROOT_CONTEXT, SpanStatusCode, trace, type Context, type Span } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BatchSpanProcessor, TracerProvider, type SpanExporter } from '@opentelemetry/sdk-trace'

import { ListingstreamError } from '../support/errors.ts'
import { strike } from '../support/secrets.ts'
import type { Logger } from './logger.ts'
import type { OpenSpan, SpanFacts, Tracer } from './tracer.ts'

/** At the end nobody waits for a collector for longer. */
const TIMEOUT_MS = 3_000
/** A span of a pass may last for hours; those within it do not wait for it. */
const EVERY_MS = 1_000

export interface OtelTracerOptions {
  /** Base of the collector, without `/v1/traces`. */
  readonly endpoint: string
  readonly headers: Readonly<Record<string, string>>
  readonly service: string
  readonly version: string
  readonly feed: string
  readonly logger: Logger
}

export class OtelTracer implements Tracer {
  readonly #provider: TracerProvider
  readonly #within = new AsyncLocalStorage<Context>()

  constructor({ endpoint, headers, service, version, feed, logger }: OtelTracerOptions) {
    const exporter = new OTLPTraceExporter({
      url: `${endpoint}/v1/traces`,
      headers: { ...headers },
      timeoutMillis: TIMEOUT_MS,
    })
    const processor = new BatchSpanProcessor({
      exporter: told(exporter, endpoint, logger),
      scheduledDelayMillis: EVERY_MS,
      exportTimeoutMillis: TIMEOUT_MS,
    })
    this.#provider = new TracerProvider({
      resource: resourceFromAttributes({
        'service.name': service,
        'service.version': version,
        'listingstream.feed': feed,
      }),
      spanProcessors: [processor],
    })
  }

  async span<T>(name: string, facts: SpanFacts, work: (span: OpenSpan) => Promise<T>): Promise<T> {
    const outer = this.#within.getStore() ?? ROOT_CONTEXT
    const span = this.#provider
      .getTracer('listingstream')
      .startSpan(name, { attributes: { ...facts } }, outer)
    let isForgotten = false
    const open: OpenSpan = {
      note: (more) => void span.setAttributes({ ...more }),
      forget: () => (isForgotten = true),
    }
    try {
      return await this.#within.run(trace.setSpan(outer, span), work, open)
    } catch (error) {
      fail(span, error)
      throw error
    } finally {
      // One that never ends is never told.
      if (!isForgotten) span.end()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const late = AbortSignal.timeout(TIMEOUT_MS)
    const given = new Promise<void>((resolve) =>
      late.addEventListener('abort', () => resolve(), { once: true }),
    )
    await Promise.race([this.#provider.shutdown().catch(() => undefined), given])
  }
}

function fail(span: Span, error: unknown): void {
  const message = strike(error instanceof Error ? error.message : String(error))
  if (error instanceof ListingstreamError) span.setAttribute('error.type', error.code)
  span.setStatus({ code: SpanStatusCode.ERROR, message })
}

/** A collector that takes nothing is no trouble of the feed: it is told once, and once when it takes spans again. */
function told(exporter: SpanExporter, endpoint: string, logger: Logger): SpanExporter {
  let isFailing = false
  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        const failed = result.error !== undefined
        if (failed && !isFailing) {
          logger.warn({ endpoint, err: result.error }, 'the collector takes no traces; the feed goes on')
        }
        if (!failed && isFailing) logger.info({ endpoint }, 'the collector takes traces again')
        isFailing = failed
        done(result)
      })
    },
    shutdown: () => exporter.shutdown(),
  }
}
