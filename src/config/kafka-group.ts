import { z } from 'zod'

import { group, type Group, type RawValues } from './group.ts'
import { proxies, proxySettings } from './proxy-settings.ts'
import type { Secret } from './secret.ts'
import type { KafkaSettings } from './settings.ts'
import type { SettingsMistake } from './settings-error.ts'
import { brokers, duration, flag, httpUrl, oneOf, password, pem, privateKey } from './values.ts'

const TOKEN_URL = 'https://login.example.com/oauth2/token'

interface SaslTexts {
  readonly KAFKA_SASL_MECHANISM?: 'plain' | 'scram-sha-256' | 'scram-sha-512' | 'oauthbearer' | undefined
  readonly KAFKA_SASL_USERNAME: string
  readonly KAFKA_SASL_PASSWORD?: Secret | undefined
  readonly KAFKA_SASL_OAUTH_TOKEN_URL?: string | undefined
  readonly KAFKA_SASL_OAUTH_CLIENT_ID: string
  readonly KAFKA_SASL_OAUTH_CLIENT_SECRET?: Secret | undefined
  readonly KAFKA_SASL_OAUTH_SCOPE?: string | undefined
}

/** What is missing was found by `kafkaTogether`. */
function saslSettings(s: SaslTexts & z.output<z.ZodObject<typeof proxySettings>>): KafkaSettings['sasl'] {
  const mechanism = s.KAFKA_SASL_MECHANISM
  if (mechanism === undefined) return null
  if (mechanism !== 'oauthbearer') {
    const secret = s.KAFKA_SASL_PASSWORD
    return secret === undefined ? null : { mechanism, username: s.KAFKA_SASL_USERNAME, password: secret }
  }
  const { KAFKA_SASL_OAUTH_TOKEN_URL: tokenUrl, KAFKA_SASL_OAUTH_CLIENT_SECRET: clientSecret } = s
  if (tokenUrl === undefined || clientSecret === undefined) return null
  return {
    mechanism,
    tokenUrl,
    clientId: s.KAFKA_SASL_OAUTH_CLIENT_ID,
    clientSecret,
    scope: s.KAFKA_SASL_OAUTH_SCOPE ?? null,
    proxy: proxies(s),
  }
}

export const kafkaGroup: Group<KafkaSettings> = group(
  {
    KAFKA_BROKERS: brokers.default(['localhost:9092']),
    KAFKA_SSL: flag.default(false),
    KAFKA_SSL_CA: pem.optional(),
    KAFKA_SSL_CERT: pem.optional(),
    KAFKA_SSL_KEY: privateKey.optional(),
    KAFKA_SASL_MECHANISM: oneOf('plain', 'scram-sha-256', 'scram-sha-512', 'oauthbearer').optional(),
    KAFKA_SASL_USERNAME: z.string().default(''),
    KAFKA_SASL_PASSWORD: password.optional(),
    KAFKA_SASL_OAUTH_TOKEN_URL: httpUrl(TOKEN_URL).optional(),
    KAFKA_SASL_OAUTH_CLIENT_ID: z.string().default(''),
    KAFKA_SASL_OAUTH_CLIENT_SECRET: password.optional(),
    KAFKA_SASL_OAUTH_SCOPE: z.string().optional(),
    ...proxySettings,
    KAFKA_COMPRESSION: oneOf('zstd', 'gzip', 'none').default('zstd'),
    // The broker refuses more than its transaction.max.timeout.ms, by default 15 minutes (docs/kafka.md §1.1).
    KAFKA_TRANSACTION_TIMEOUT: duration('60s', { min: 1000, max: 900_000 }).default(60_000),
  },
  (s) => ({
    brokers: s.KAFKA_BROKERS,
    ssl: s.KAFKA_SSL
      ? { ca: s.KAFKA_SSL_CA ?? null, cert: s.KAFKA_SSL_CERT ?? null, key: s.KAFKA_SSL_KEY ?? null }
      : null,
    sasl: saslSettings(s),
    compression: s.KAFKA_COMPRESSION,
    transactionTimeoutMs: s.KAFKA_TRANSACTION_TIMEOUT,
  }),
  kafkaTogether,
)

/** Half a login or half a certificate is a mistake, never an unprotected connection. */
function kafkaTogether(values: RawValues): readonly SettingsMistake[] {
  const mistakes: SettingsMistake[] = []
  const demand = (name: string, because: string, example: string): void => {
    if (values[name] === undefined) {
      mistakes.push({ name, problem: `This is required with ${because}. Example: ${example}` })
    }
  }
  const certificate = ['KAFKA_SSL_CA', 'KAFKA_SSL_CERT', 'KAFKA_SSL_KEY'].find(
    (name) => values[name] !== undefined,
  )
  if (certificate !== undefined) {
    demand('KAFKA_SSL', certificate, 'true')
    if (values['KAFKA_SSL'] === 'false') {
      const problem = `This is false, but ${certificate} is set: unset that, or encrypt. Example: true`
      mistakes.push({ name: 'KAFKA_SSL', problem })
    }
  }
  if (values['KAFKA_SSL_CERT'] !== undefined) demand('KAFKA_SSL_KEY', 'KAFKA_SSL_CERT', './client.key')
  if (values['KAFKA_SSL_KEY'] !== undefined) demand('KAFKA_SSL_CERT', 'KAFKA_SSL_KEY', './client.pem')
  saslTogether(values, demand)
  return mistakes
}

const OF_PASSWORDS = [
  ['KAFKA_SASL_USERNAME', 'listingstream'],
  ['KAFKA_SASL_PASSWORD', 'KAFKA_SASL_PASSWORD_FILE=/run/secrets/kafka-password'],
] as const
const OF_OAUTH = [
  ['KAFKA_SASL_OAUTH_TOKEN_URL', TOKEN_URL],
  ['KAFKA_SASL_OAUTH_CLIENT_ID', 'listingstream'],
  ['KAFKA_SASL_OAUTH_CLIENT_SECRET', 'KAFKA_SASL_OAUTH_CLIENT_SECRET_FILE=/run/secrets/kafka-client'],
] as const

function saslTogether(
  values: RawValues,
  demand: (name: string, because: string, example: string) => void,
): void {
  const mechanism = values['KAFKA_SASL_MECHANISM']
  if (mechanism !== undefined) {
    const because = `KAFKA_SASL_MECHANISM=${mechanism === 'oauthbearer' ? mechanism : 'plain or scram-sha-…'}`
    const needed = mechanism === 'oauthbearer' ? OF_OAUTH : OF_PASSWORDS
    for (const [name, example] of needed) demand(name, because, example)
    return
  }
  for (const [group, example] of [
    [OF_PASSWORDS, 'scram-sha-512'],
    [OF_OAUTH, 'oauthbearer'],
  ] as const) {
    const names = group.map(([name]) => name).filter((name) => values[name] !== undefined)
    if (names.length > 0) demand('KAFKA_SASL_MECHANISM', names.join(' and '), example)
  }
}
