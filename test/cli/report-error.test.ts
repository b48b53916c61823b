import { expect, test } from 'vitest'
import { z } from 'zod'

import { reportError } from '../../src/cli/report-error.ts'
import { SettingsError } from '../../src/config/settings-error.ts'
import { ListingstreamError } from '../../src/support/errors.ts'

function reported(error: unknown): { text: string; exitCode: number } {
  let text = ''
  const exitCode = reportError(error, (part) => (text += part))
  return { text, exitCode }
}

test('an error of ours is its message, its code and its exit code', () => {
  const error = new ListingstreamError('Nothing to update.', {
    code: 'NO_SNAPSHOT',
    retryable: false,
    disposition: 'stop',
    exitCode: 2,
  })
  expect(reported(error)).toEqual({ text: 'listingstream: Nothing to update. [NO_SNAPSHOT]\n', exitCode: 2 })
})

test('words of others in it act on no terminal and make no line that could be ours', () => {
  const said = 'no\u001B]52;c;ZXZpbA==\u0007\nlistingstream: done\r\u202E'
  const { text } = reported(
    new ListingstreamError(said, { code: 'X', retryable: false, disposition: 'stop' }),
  )
  expect(text).toBe('listingstream: no\\u001b]52;c;ZXZpbA==\\u0007\n  listingstream: done\\r\\u202e [X]\n')
})

test('an error that nobody foresaw has its stack, and nothing in that acts either', () => {
  const { text, exitCode } = reported(new TypeError('x is\u009B2J\nlistingstream: fine'))
  expect(exitCode).toBe(1)
  expect(text).toContain('unexpected error, please report it')
  expect(text).toContain('report-error.test')
  expect(text).not.toMatch(/\u009B|^listingstream: fine/m)
})

test.each([
  ['the system', Object.assign(new Error("EACCES: permission denied, open '/x'"), { code: 'EACCES' })],
  ['a peer', Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })],
  ['the form of an answer', z.object({ a: z.string() }).safeParse({}).error!],
])('what is outside of the program is told without a stack: %s', (_what, error) => {
  const { text, exitCode } = reported(error)
  expect(exitCode).toBe(1)
  expect(text).toMatch(/^listingstream: .* \[UNEXPECTED_ERROR\]\n$/s)
  expect(text).not.toContain('    at ')
})

test('of two failures the first one is told: that letting go failed as well hides nothing', () => {
  const fenced = new ListingstreamError('Taken.', {
    code: 'FENCED',
    retryable: false,
    disposition: 'stop',
    exitCode: 4,
  })
  expect(reported(new SuppressedError(new Error('on closing'), fenced))).toEqual({
    text: 'listingstream: Taken. [FENCED]\n',
    exitCode: 4,
  })
})

test('lines that are indented already, as the mistakes in settings are, stay so', () => {
  const mistakes = [{ name: 'PAGE_LIMIT', problem: 'This is wrong' }]
  expect(reported(new SettingsError(mistakes)).text).toBe(
    'listingstream: The settings are not right:\n  PAGE_LIMIT: This is wrong [SETTINGS_INVALID]\n',
  )
})
