import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ConnectionOptions } from 'node:tls'

import { Client, type ClientConfig } from 'pg'
import { from as copyFrom } from 'pg-copy-streams'

import { orAborted } from '../../../support/abort.ts'
import { keepSecret, quoteForeign } from '../../../support/secrets.ts'
import { StoreError } from '../store-error.ts'
import { postgresFailure } from './postgres-error.ts'
import { postgresName, type PostgresTarget } from './postgres-target.ts'

const CONNECT_WITHIN_MS = 15_000
/** For the goodbye; a server that is away does not answer it. */
const CLOSE_WITHIN_MS = 2_000

/**
 * Of the session. What was staged last may be lost with a crash of the server, whole transactions in their order: it is read
 * again. A finished round is not (`durable`). No name means anything but what it says: definitions are shown with schemas. Both sides
 * notice within a minute or two that the other one is gone.
 */
const SESSION = `
  SET search_path = pg_catalog; SET TimeZone = 'UTC'; SET DateStyle = 'ISO, YMD'; SET synchronous_commit = off;
  SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0; SET lock_timeout = '10s';
  SET standard_conforming_strings = on; SET client_min_messages = warning;
  SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3`
/** From version 14 on, where the system can: a statement ends when nobody waits for it, and lets go of the store. */
const NOTICE_DEAD_CLIENT = `SELECT set_config('client_connection_check_interval', '2s', false)`
/**
 * From version 14 on, where it was built with it: long texts, such as sets of photos, take a fraction of pglz's time
 * (docs/performance.md, "Rebuild of a store"). Readers notice nothing.
 */
const COMPRESS_FAST = `SELECT set_config('default_toast_compression', 'lz4', false)`

/** Every value as the server writes it. */
export type Row = Readonly<Record<string, string | null>>

interface TransactionOptions {
  /** It survives a crash of the server. @default false */
  readonly durable?: boolean
  /** How long it waits for locks of others. @default 10 s */
  readonly lockTimeoutMs?: number
}

/** One session of a server. When it breaks, so does every call; a new one has to be made. */
export class PostgresConnection implements AsyncDisposable {
  /** Of the store, for messages. */
  readonly name: string
  readonly #client: Client

  private constructor(client: Client, name: string) {
    this.#client = client
    this.name = name
  }

  /** @throws {StoreError} STORE_UNAVAILABLE, STORE_UNUSABLE */
  static async open(target: PostgresTarget, signal: AbortSignal): Promise<PostgresConnection> {
    for (const password of [target.password, process.env['PGPASSWORD']]) {
      if (password !== undefined) keepSecret(password)
    }
    const name = postgresName(target)
    try {
      return await connected(target, name, signal)
    } catch (error) {
      signal.throwIfAborted()
      throw postgresFailure(error, name)
    }
  }

  /** Internal to this file. */
  static async over(config: ClientConfig, name: string, signal: AbortSignal): Promise<PostgresConnection> {
    const client = new Client(config)
    // An idle session that breaks: the next call tells.
    client.on('error', () => undefined)
    const connection = new PostgresConnection(client, name)
    try {
      await orAborted(client.connect(), signal)
      await connection.query(SESSION, [], signal)
      for (const wish of [NOTICE_DEAD_CLIENT, COMPRESS_FAST]) await client.query(wish).catch(() => undefined)
      return connection
    } catch (error) {
      await connection[Symbol.asyncDispose]()
      throw error
    }
  }

  /** @param text several statements only without `values`; the rows are those of a single one */
  async query(text: string, values: readonly unknown[], signal: AbortSignal): Promise<readonly Row[]> {
    return await this.#whileNeeded(signal, async () => {
      const config = values.length === 0 ? { text } : { text, values: [...values] }
      const { rows } = await this.#client.query<Row>({ ...config, types: { getTypeParser: () => String } })
      return rows
    })
  }

  /** @param sql `COPY … FROM STDIN` */
  async copy(sql: string, chunks: Iterable<Buffer>, signal: AbortSignal): Promise<void> {
    await this.#whileNeeded(signal, () => pipeline(Readable.from(chunks), this.#client.query(copyFrom(sql))))
  }

  /** All of the work or nothing of it. If the connection breaks at its end, either may be: the store's own state tells. */
  async transaction<T>(
    work: () => Promise<T>,
    signal: AbortSignal,
    options: TransactionOptions = {},
  ): Promise<T> {
    const { durable = false, lockTimeoutMs } = options
    const settings = [
      ...(durable ? ['SET LOCAL synchronous_commit = on'] : []),
      ...(lockTimeoutMs === undefined ? [] : [`SET LOCAL lock_timeout = ${lockTimeoutMs}`]),
    ]
    await this.query(['BEGIN ISOLATION LEVEL READ COMMITTED', ...settings].join('; '), [], signal)
    try {
      const result = await work()
      await this.query('COMMIT', [], signal)
      return result
    } catch (error) {
      await this.#client.query('ROLLBACK').catch(() => undefined)
      throw error
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await orAborted(this.#client.end(), AbortSignal.timeout(CLOSE_WITHIN_MS)).catch(() => undefined)
  }

  /** The client cannot give up a statement: the connection goes instead, and the server undoes what was not committed. */
  async #whileNeeded<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    signal.throwIfAborted()
    const giveUp = (): void => void this.#client.end().catch(() => undefined)
    signal.addEventListener('abort', giveUp, { once: true })
    try {
      return await work()
    } catch (error) {
      signal.throwIfAborted()
      throw postgresFailure(error, this.name)
    } finally {
      signal.removeEventListener('abort', giveUp)
    }
  }
}

async function connected(
  target: PostgresTarget,
  name: string,
  signal: AbortSignal,
): Promise<PostgresConnection> {
  const { host, port, user, password, database, sslMode } = target
  const config: ClientConfig = {
    database,
    ...(host === undefined ? {} : { host }),
    ...(port === undefined ? {} : { port }),
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { password }),
    application_name: 'listingstream rebuild',
    connectionTimeoutMillis: CONNECT_WITHIN_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  }
  const isSocket = host?.startsWith('/') === true
  if (sslMode === 'disable' || isSocket) {
    return await PostgresConnection.over({ ...config, ssl: false }, name, signal)
  }
  try {
    return await PostgresConnection.over({ ...config, ssl: tlsOf(target, name) }, name, signal)
  } catch (error) {
    const plainServer = error instanceof Error && /does not support SSL/.test(error.message)
    if (sslMode !== 'prefer' || !plainServer) throw error
    return await PostgresConnection.over({ ...config, ssl: false }, name, signal)
  }
}

function tlsOf({ sslMode, sslRootCert, host }: PostgresTarget, name: string): ConnectionOptions {
  if (sslMode === 'prefer' || sslMode === 'require') return { rejectUnauthorized: false }
  return {
    rejectUnauthorized: true,
    ...(sslRootCert === undefined ? {} : { ca: readCertificate(sslRootCert, name) }),
    // Of an address there is no server name that would be looked for in the certificate by itself.
    ...(host !== undefined && isIP(host) !== 0 ? { host } : {}),
    ...(sslMode === 'verify-ca' ? { checkServerIdentity: () => undefined } : {}),
  }
}

function readCertificate(file: string, name: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    const why = quoteForeign(cause instanceof Error ? cause.message : String(cause))
    throw new StoreError(`sslrootcert of ${name} cannot be read (${why}).`, 'STORE_UNUSABLE', { cause })
  }
}
