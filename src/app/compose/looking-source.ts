/** The source for a command that asks it a question or two, and opens no feed. */
import type { Settings } from '../../config/settings.ts'
import { budgetLog } from '../../ops/budget-log.ts'
import { Outages } from '../../ops/outages.ts'
import { PLAIN_PAGE_READER } from '../../spark/page-body.ts'
import type { SparkSource, SparkSourceOptions } from '../../spark/spark-source.ts'
import { sparkSource, sparkTransport } from './clients.ts'
import { loggerFor } from './feed-logger.ts'
import { now } from './system-clock.ts'

export interface LookingSource extends AsyncDisposable {
  readonly source: SparkSource
}

/** @param asking how often it tries, and who is told the Date of each answer. @default as passes do; nobody */
export function lookingSource(
  { spark, log }: Pick<Settings, 'spark' | 'log'>,
  asking: Partial<Pick<SparkSourceOptions, 'retry' | 'onDate'>> = {},
): LookingSource {
  const logger = loggerFor({ spark, log })
  const transport = sparkTransport(spark, { sent: () => undefined, ...budgetLog(logger) })
  const source = sparkSource(spark, {
    transport,
    user: undefined,
    firstRequestNumber: 1,
    pageReader: PLAIN_PAGE_READER,
    tries: new Outages(logger, now).of('spark-api'),
    onDate: () => undefined,
    onRequest: () => undefined,
    ...asking,
  })
  return { source, [Symbol.asyncDispose]: () => transport[Symbol.asyncDispose]() }
}
