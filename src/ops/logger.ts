import { inspect } from 'node:util'

import { destination as fileDestination, pino, stdSerializers, stdTimeFunctions } from 'pino'
import { build as pretty } from 'pino-pretty'

import { ListingstreamError } from '../support/errors.ts'

type Log = (fields: object, message: string) => void

/** What rooms may ask of a logger. An error goes into `fields` as `err`. */
export interface Logger {
  readonly debug: Log
  readonly info: Log
  readonly warn: Log
  readonly error: Log
  /** A logger that adds `fields` to each of its lines. */
  child(fields: object): Logger
}

export type LogLevel = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent'

export interface LoggerOptions {
  /** @default info */
  readonly level?: LogLevel
  /** Texts that are struck out of every line, wherever they come from (R15). */
  readonly secrets?: readonly { reveal(): string }[]
  /** Takes whole lines. @default stderr: JSON lines, or for people when it is a terminal */
  readonly destination?: { write(line: string): unknown }
}

const REDACTED = '[redacted]'

// pino's wildcards stand for one level, so each depth is spelt out.
const SECRET_NAMES = [
  'authorization',
  'Authorization',
  'token',
  'accessToken',
  'adminToken',
  'password',
  'auth',
]
const SECRET_PATHS = ['', '*.', '*.*.'].flatMap((depth) => SECRET_NAMES.map((name) => `${depth}${name}`))

export function createLogger(options: LoggerOptions = {}): Logger {
  const { level = 'info', secrets = [], destination = standardError() } = options
  const strike = striker(secrets.map((secret) => secret.reveal()))
  return pino(
    {
      level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: SECRET_PATHS, censor: REDACTED },
      serializers: { err: describeError },
    },
    { write: (line: string) => destination.write(strike(line)) },
  )
}

// Synchronous: the last line before an exit is the one that matters.
function standardError(): { write(line: string): unknown } {
  if (!process.stderr.isTTY) return fileDestination({ fd: 2, sync: true })
  return pretty({ destination: 2, sync: true, translateTime: 'SYS:HH:MM:ss', ignore: 'pid,hostname' })
}

/** Ours say in their message what to do; where they were thrown matters only if they are bugs. */
function describeError(error: unknown): unknown {
  if (!(error instanceof ListingstreamError) || error.code === 'INVARIANT_VIOLATION') {
    return error instanceof Error ? stdSerializers.err(error) : error
  }
  const { code, message, retryable, cause } = error
  return cause === undefined
    ? { code, message, retryable }
    : { code, message, retryable, cause: cause instanceof Error ? cause.message : inspect(cause) }
}

/** Replaces the texts in the forms in which a log line could hold them: as they are, escaped, or in a Basic header. */
function striker(texts: readonly string[]): (line: string) => string {
  const forms = texts
    // What is shorter guards nothing, and striking it out would leave no line readable.
    .filter((text) => text.length >= 4)
    .flatMap((text) => [text, JSON.stringify(text).slice(1, -1), Buffer.from(text).toString('base64')])
    .sort((a, b) => b.length - a.length)
  return (line) => forms.reduce((struck, form) => struck.replaceAll(form, REDACTED), line)
}
