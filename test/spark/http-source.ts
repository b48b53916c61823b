import { SYSTEM_CLOCK } from '../../src/app/compose/system-clock.ts'
import { HttpTransport } from '../../src/spark/http-transport.ts'
import { PLAIN_PAGE_READER } from '../../src/spark/page-body.ts'
import { createSparkSource, type SparkSource, type SparkSourceOptions } from '../../src/spark/spark-source.ts'
import type { Transport } from '../../src/spark/transport.ts'
import { unchanging, type Renewable } from '../../src/support/renewable.ts'
import { NOBODY } from '../../src/support/tries.ts'

export interface HttpSource extends SparkSource, AsyncDisposable {}

export interface HttpSourceOptions extends Partial<Omit<SparkSourceOptions, 'accessToken' | 'transport'>> {
  readonly apiUrl: string
  readonly accessToken: string | Renewable
  readonly requestTimeoutMs?: number
}

/** A source behind any transport. Nobody is told anything unless the options say so. */
export function sourceOn(
  transport: Transport,
  accessToken: string | Renewable,
  options: Partial<Omit<SparkSourceOptions, 'accessToken' | 'transport'>> = {},
): SparkSource {
  return createSparkSource({
    user: undefined,
    setsWay: 'auto',
    pageLimit: 1000,
    firstRequestNumber: 1,
    pageReader: PLAIN_PAGE_READER,
    tries: NOBODY,
    onDate: () => undefined,
    onRequest: () => undefined,
    clock: SYSTEM_CLOCK,
    random: Math.random,
    ...options,
    transport,
    accessToken: typeof accessToken === 'string' ? unchanging(accessToken) : accessToken,
  })
}

/** The same with a transport of its own. */
export function httpSource({
  apiUrl,
  accessToken,
  requestTimeoutMs = 60_000,
  ...options
}: HttpSourceOptions): HttpSource {
  const transport = new HttpTransport({ apiUrl, requestTimeoutMs, userAgent: 'listingstream/test' })
  const source = sourceOn(transport, accessToken, options)
  return Object.assign(source, { [Symbol.asyncDispose]: () => transport[Symbol.asyncDispose]() })
}
