import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import { createLogger, seen, type LoggerOptions } from '../../src/ops/logger.ts'
import { InvariantViolation, ListingstreamError, UnexpectedError } from '../../src/support/errors.ts'

function captured(options: LoggerOptions = {}) {
  const lines: string[] = []
  const logger = createLogger({ ...options, destination: { write: (line) => lines.push(line) } })
  return { logger, lines, last: () => JSON.parse(lines.at(-1)!) as Record<string, unknown> }
}

test('a line is one JSON object with time, level, fields and message', () => {
  const { logger, last } = captured()
  logger.child({ pass: 'update' }).info({ page: 3 }, 'pass goes on')
  expect(last()).toMatchObject({ level: 'info', pass: 'update', page: 3, msg: 'pass goes on' })
  expect(Date.parse(String(last()['time']))).not.toBeNaN()
})

test('lines below the level are not written', () => {
  const { logger, lines } = captured({ level: 'warn' })
  logger.info({}, 'not this')
  logger.warn({}, 'but this')
  expect(lines).toHaveLength(1)
})

test('fields with the names of secrets are redacted, nested ones too (R15)', () => {
  const { logger, lines } = captured()
  const headers = { authorization: 'Bearer hunter2' }
  logger.info({ password: 'hunter2', sasl: { password: 'hunter2' }, request: { headers } }, 'asked')
  expect(lines[0]).not.toContain('hunter2')
})

test('a known secret is struck out wherever it stands: message, error, Basic header, key (R15)', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 8, unit: 'grapheme' }), (text) => {
      const { logger, lines } = captured({ secrets: [{ reveal: () => text }] })
      const basic = Buffer.from(text).toString('base64')
      logger.error({ err: new Error(`refused ${text}`), [text]: basic }, `with <${text}>`)
      const line = lines.join('')
      return ![text, JSON.stringify(text).slice(1, -1), basic].some((form) => line.includes(form))
    }),
    // Each text stays known to the process.
    { numRuns: 20 },
  )
})

test('an error of ours is its code and message without a stack; a bug has its stack', () => {
  const { logger, last } = captured()
  const cause = new Error('ECONNREFUSED')
  logger.error(
    { err: new ListingstreamError('No broker.', { code: 'KAFKA_UNREACHABLE', retryable: true, cause }) },
    'parked',
  )
  expect(last()['err']).toEqual({
    code: 'KAFKA_UNREACHABLE',
    message: 'No broker.',
    retryable: true,
    cause: 'ECONNREFUSED',
  })
  logger.error({ err: new InvariantViolation('Impossible.') }, 'bug')
  expect(last()['err']).toMatchObject({ stack: expect.stringContaining('logger.test') })
})

test('what others say acts on no terminal: neither as JSON nor where a printer for people takes its escapes away', () => {
  const { logger, lines } = captured()
  const hostile = 'a\u001B]52;c;ZXZpbA==\u0007\nlistingstream: forged\u009B2J\u202E'
  logger.info({ [hostile]: [hostile], err: new Error(hostile) }, hostile)
  const line = lines.join('').trimEnd()
  const acts = /[\p{Cc}\u202E]/u
  expect(line).not.toMatch(acts)
  const shown = seen(JSON.parse(line)) as { msg: string; err: { message: string; stack: string } }
  expect(shown.msg).toBe('a\\u001b]52;c;ZXZpbA==\\u0007\\nlistingstream: forged\\u009b2J\\u202e')
  expect(JSON.stringify({ ...shown, err: shown.err.message })).not.toMatch(acts)
  expect(shown.err.stack.replaceAll('\n', ' ')).not.toMatch(acts)
})

test('what nobody foresaw has the stack of its cause', () => {
  const { logger, last } = captured()
  logger.error({ err: new UnexpectedError('The purge of listings', new RangeError('too deep')) }, 'parked')
  expect(last()['err']).toMatchObject({
    code: 'UNEXPECTED_ERROR',
    message: expect.stringContaining('The purge of listings'),
    cause: 'too deep',
    stack: expect.stringContaining('logger.test'),
  })
})
