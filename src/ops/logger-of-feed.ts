import { withFeed } from '../support/command-for.ts'
import { describeError, type Logger } from './logger.ts'

/** Of one feed of several: commands that its lines tell are for it. */
export function loggerOfFeed(logger: Logger, feed: string): Logger {
  const told =
    (level: 'debug' | 'info' | 'warn' | 'error') =>
    (fields: object, message: string): void => {
      logger[level](fieldsOfFeed(fields, feed), withFeed(message, feed))
    }
  return {
    debug: told('debug'),
    info: told('info'),
    warn: told('warn'),
    error: told('error'),
    child: (fields) => loggerOfFeed(logger.child(fields), feed),
  }
}

function fieldsOfFeed(fields: object, feed: string): object {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]: [string, unknown]) => [
      name,
      textOf(name === 'err' ? describeError(value) : value, feed),
    ]),
  )
}

/** A described error has its message beside its code. */
function textOf(value: unknown, feed: string): unknown {
  if (typeof value === 'string') return withFeed(value, feed)
  if (typeof value !== 'object' || value === null || !('message' in value)) return value
  return typeof value.message === 'string' ? { ...value, message: withFeed(value.message, feed) } : value
}
