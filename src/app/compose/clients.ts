/** From checked settings to the options of the clients. Secrets leave their wrapper here and nowhere else. */
import type { KafkaSettings as KafkaOptions, RegistrySettings, Settings } from '../../config/settings.ts'
import { SchemaRegistry } from '../../events/registry/schema-registry.ts'
import type { KafkaLog, KafkaSettings } from '../../kafka/settings.ts'
import type { Logger } from '../../ops/logger.ts'
import type { Outages } from '../../ops/outages.ts'
import { HttpTransport } from '../../spark/http-transport.ts'
import { createSparkSource, type SparkSource, type SparkSourceOptions } from '../../spark/spark-source.ts'
import { PROGRAM } from '../version.ts'
import { SYSTEM_CLOCK } from './system-clock.ts'

export function kafkaSettings(
  { brokers, ssl, sasl }: KafkaOptions,
  logger: Logger,
  outages: Outages,
): KafkaSettings {
  return {
    brokers,
    tries: outages.of('kafka'),
    clientId: 'listingstream',
    log: kafkaLog(logger),
    ...(ssl === null
      ? {}
      : {
          ssl: {
            ...(ssl.ca === null ? {} : { ca: ssl.ca }),
            ...(ssl.cert === null ? {} : { cert: ssl.cert }),
            ...(ssl.key === null ? {} : { key: ssl.key }),
          },
        }),
    ...(sasl === null
      ? {}
      : {
          sasl: {
            mechanism: sasl.mechanism,
            username: sasl.username,
            password: sasl.password,
          },
        }),
  }
}

export function schemaRegistry({ url, auth }: RegistrySettings, outages: Outages): SchemaRegistry {
  return new SchemaRegistry({
    url,
    ...(auth === null ? {} : { auth }),
    tries: outages.of('registry'),
  })
}

/** One in a process: a connection pool of its own for each source would be as many ways around what bounds a key. */
export function sparkTransport({
  apiUrl,
  requestTimeoutMs,
}: Pick<Settings['spark'], 'apiUrl' | 'requestTimeoutMs'>): HttpTransport {
  return new HttpTransport({ apiUrl, requestTimeoutMs, userAgent: PROGRAM })
}

export function sparkSource(
  { accessToken, pageLimit }: Settings['spark'],
  options: Omit<SparkSourceOptions, 'accessToken' | 'pageLimit' | 'clock' | 'random' | 'retry'>,
): SparkSource {
  return createSparkSource({
    ...options,
    accessToken,
    pageLimit,
    clock: SYSTEM_CLOCK,
    random: Math.random,
  })
}

/** What the client reports, the program decides upon and reports itself; in between it is detail. */
function kafkaLog(logger: Logger): KafkaLog {
  return (level, message, extra) => logger.debug({ ...extra, kafka: level }, message)
}
