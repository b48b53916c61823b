import type { Tries } from '../support/tries.ts'
import type { Renewable } from '../support/renewable.ts'

/** Where the cluster is and how to get in. */
export interface KafkaSettings {
  /** `host:port`, at least one. */
  readonly brokers: readonly string[]
  /** `true` for TLS with the system's authorities. @default false */
  readonly ssl?: KafkaTls | boolean
  readonly sasl?: KafkaSasl
  readonly clientId: string
  /** Told what the client library has to say. Must not throw. @default nobody */
  readonly log?: KafkaLog
  /** Told of connections and questions that failed, and of questions that were answered. @default nobody */
  readonly tries?: Tries
}

/** PEM texts; what is renewable is read again for each connection. */
export interface KafkaTls {
  readonly ca?: string | Renewable
  readonly cert?: string | Renewable
  readonly key?: string | Renewable
}

export type KafkaSasl = KafkaPassword | KafkaToken

interface KafkaPassword {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'
  readonly username: string
  /** Read again for each authentication, if it is renewable. */
  readonly password: string | Renewable
}

export interface KafkaToken {
  readonly mechanism: 'oauthbearer'
  /** Asked for each authentication; brokers let nobody stay for longer than the token lives. */
  readonly token: (signal: AbortSignal) => Promise<string>
}

export type KafkaLogLevel = 'debug' | 'info' | 'warn' | 'error'

export type KafkaLog = (
  level: KafkaLogLevel,
  message: string,
  extra: Readonly<Record<string, string | number>>,
) => void
