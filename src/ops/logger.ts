import { inspect } from 'node:util'

import { destination as fileDestination, pino, stdSerializers, stdTimeFunctions } from 'pino'

import { isUnforeseen, ListingstreamError, UnexpectedError } from '../support/errors.ts'
import { printable, printableJson, printableLines } from '../support/printable.ts'
import { keepSecret, REDACTED, strikeForeign, strikeJson } from '../support/secrets.ts'

/** Loaded where a person looks on alone: it takes 22 ms of CPU. */
const terminalLog = process.stderr.isTTY ? await import('./terminal-log.ts') : undefined

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

type LogLevel = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent'

export interface LoggerOptions {
  /** @default info */
  readonly level?: LogLevel
  /** Struck out of every line, as all that the process knows are (R15). */
  readonly secrets?: readonly { reveal(): string }[]
  /** Takes whole lines. @default stderr: JSON lines, or for people when it is a terminal */
  readonly destination?: { write(line: string): unknown }
}

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
  for (const secret of secrets) keepSecret(secret.reveal())
  return pino(
    {
      level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: SECRET_PATHS, censor: REDACTED },
      serializers: { err: describeError },
    },
    { write: (line: string) => destination.write(`${printableJson(strikeJson(line.trimEnd()))}\n`) },
  )
}

/** What waits for room on a full disk, in bytes; more is dropped. */
const MOST_UNWRITTEN = 1_000_000

// Synchronous: the last line before an exit is the one that matters.
function standardError(): { write(line: string): unknown } {
  if (terminalLog === undefined) {
    const file = fileDestination({ fd: 2, sync: true, maxLength: MOST_UNWRITTEN })
    // A full disk, or a reader that has gone, costs lines and not the feed.
    file.on('error', () => undefined)
    return file
  }
  const people = terminalLog.terminalLines(process.stderr.hasColors())
  // Through the stream, which is synchronous on a terminal: a line that moves there makes way.
  return { write: (line) => process.stderr.write(people(JSON.stringify(seen(JSON.parse(line))))) }
}

/** Texts as a terminal may have them: what prints them for people takes the escapes of JSON away. */
export function seen(value: unknown, name = ''): unknown {
  if (typeof value === 'string') return name === 'stack' ? printableLines(value) : printable(value)
  if (Array.isArray(value)) return value.map((item) => seen(item))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([member, inner]) => [printable(member), seen(inner, member)]),
  )
}

/** Ours say in their message what to do; where they were thrown matters only if nobody foresaw them. */
export function describeError(error: unknown): unknown {
  if (!(error instanceof ListingstreamError) || isUnforeseen(error)) {
    return error instanceof Error ? stdSerializers.err(error) : error
  }
  const { code, message, retryable, cause } = error
  if (cause === undefined) return { code, message, retryable }
  const told = strikeForeign(cause instanceof Error ? cause.message : inspect(cause))
  const stack = error instanceof UnexpectedError && cause instanceof Error ? cause.stack : undefined
  return { code, message, retryable, cause: told, ...(stack === undefined ? {} : { stack }) }
}
