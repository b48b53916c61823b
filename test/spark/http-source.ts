import { SYSTEM_CLOCK } from '../../src/app/compose/system-clock.ts'
import { HttpTransport } from '../../src/spark/http-transport.ts'
import { PLAIN_PAGE_READER } from '../../src/spark/page-body.ts'
import { createSparkSource, type SparkSource, type SparkSourceOptions } from '../../src/spark/spark-source.ts'
import { unchanging, type Renewable } from '../../src/support/renewable.ts'
import { NOBODY } from '../../src/support/tries.ts'

export interface HttpSource extends SparkSource, AsyncDisposable {}

export interface HttpSourceOptions extends Partial<Omit<SparkSourceOptions, 'accessToken' | 'transport'>> {
  readonly apiUrl: string
  readonly accessToken: string | Renewable
  readonly requestTimeoutMs?: number
}

/** A source with a transport of its own. Nobody is told anything unless the options say so. */
export function httpSource({
  apiUrl,
  accessToken,
  requestTimeoutMs,
  ...options
}: HttpSourceOptions): HttpSource {
  const transport = new HttpTransport({
    apiUrl,
    requestTimeoutMs: requestTimeoutMs ?? 60_000,
    userAgent: 'listingstream/test',
  })
  const source = createSparkSource({
    user: undefined,
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
  return Object.assign(source, { [Symbol.asyncDispose]: () => transport[Symbol.asyncDispose]() })
}
