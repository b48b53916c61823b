/** Credentials that the settings would send where others on the way can read them. */
import type { Settings } from '../../config/settings.ts'
import { isLoopback } from '../../ops/loopback.ts'

interface Connections {
  readonly spark?: Settings['spark'] | undefined
  readonly kafka?: Settings['kafka'] | undefined
  readonly registry?: Settings['registry'] | undefined
}

/** For each such setting its name, and what is sent where, for the operator. */
export function plaintextCredentials({
  spark,
  kafka,
  registry,
}: Connections): readonly PlaintextCredential[] {
  const found: PlaintextCredential[] = []
  if (spark !== undefined && isPlain(spark.apiUrl)) {
    found.push({ setting: 'SPARK_API_URL', problem: `SPARK_ACCESS_TOKEN is sent unencrypted: use https://` })
  }
  if (registry !== undefined && registry.auth !== null && isPlain(registry.url)) {
    found.push({
      setting: 'SCHEMA_REGISTRY_URL',
      problem: 'SCHEMA_REGISTRY_AUTH is sent unencrypted: use https://',
    })
  }
  if (kafka?.sasl?.mechanism === 'plain' && kafka.ssl === null && !kafka.brokers.every(isLocalBroker)) {
    found.push({
      setting: 'KAFKA_SASL_MECHANISM',
      problem: 'KAFKA_SASL_PASSWORD is sent unencrypted: set KAFKA_SSL=true, or use scram-sha-512',
    })
  }
  const isUnencrypted = kafka !== undefined && kafka.ssl === null && !kafka.brokers.every(isLocalBroker)
  if (kafka?.sasl?.mechanism === 'oauthbearer' && isUnencrypted) {
    found.push({
      setting: 'KAFKA_SASL_MECHANISM',
      problem: 'The access token is sent unencrypted: set KAFKA_SSL=true',
    })
  }
  if (kafka?.sasl?.mechanism === 'oauthbearer' && isPlain(kafka.sasl.tokenUrl)) {
    found.push({
      setting: 'KAFKA_SASL_OAUTH_TOKEN_URL',
      problem: 'KAFKA_SASL_OAUTH_CLIENT_SECRET is sent unencrypted: use https://',
    })
  }
  return found
}

export interface PlaintextCredential {
  /** The variable to change. */
  readonly setting: string
  readonly problem: string
}

function isPlain(url: string): boolean {
  const { protocol, hostname } = new URL(url)
  return protocol === 'http:' && !isLoopback(hostname)
}

/** `host:port` */
function isLocalBroker(broker: string): boolean {
  return isLoopback(broker.slice(0, broker.lastIndexOf(':')))
}
