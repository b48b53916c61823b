import { afterEach, expect, test } from 'vitest'

import { loggerOfFeed } from '../../src/ops/logger-of-feed.ts'
import { createLogger } from '../../src/ops/logger.ts'
import { asCommanded, commandFor, eachWithFeed, nameFeed, withFeed } from '../../src/support/command-for.ts'
import { ListingstreamError } from '../../src/support/errors.ts'

afterEach(() => nameFeed(null))

test('a command for one of several feeds names it', () => {
  expect(commandFor('west', 'purge show')).toBe('listingstream purge show --feed west')
  expect(commandFor(null, 'purge show')).toBe('listingstream purge show')
})

test.each([
  [
    'Run "listingstream purge --resource agents": it walks.',
    'Run "listingstream purge --resource agents --feed west": it walks.',
  ],
  [
    '"listingstream status" or "listingstream why 1"',
    '"listingstream status --feed west" or "listingstream why 1 --feed west"',
  ],
  ['"listingstream status --feed east" tells.', '"listingstream status --feed east" tells.'],
  ['"listingstream run" begins with one.', '"listingstream run" begins with one.'],
  [
    'the session that calls itself "listingstream rebuild"',
    'the session that calls itself "listingstream rebuild"',
  ],
])('in %j it says %j', (text, named) => {
  expect(withFeed(text, 'west')).toBe(named)
  expect(withFeed(text, null)).toBe(text)
})

test('so does what becomes JSON, and what a command with --feed prints', () => {
  const reasons = [{ message: 'Run "listingstream doctor".' }]
  const named = [{ message: 'Run "listingstream doctor --feed west".' }]
  expect(eachWithFeed({ reasons, at: null }, 'west')).toEqual({ reasons: named, at: null })
  expect(withFeed(JSON.stringify({ reasons }), 'west')).toBe(JSON.stringify({ reasons: named }))
  nameFeed('west')
  expect(asCommanded('"listingstream status" tells')).toBe('"listingstream status --feed west" tells')
})

test('and so do the log lines of a feed, in their message and in their error', () => {
  const lines: string[] = []
  const logger = loggerOfFeed(
    createLogger({ destination: { write: (line) => lines.push(line) } }),
    'west',
  ).child({ a: 1 })
  const err = new ListingstreamError('Run "listingstream snapshot --restart".', {
    code: 'X',
    retryable: true,
  })
  logger.error({ err, detail: 'see "listingstream purge show"' }, '"listingstream status" tells')
  expect(JSON.parse(lines.join(''))).toMatchObject({
    a: 1,
    msg: '"listingstream status --feed west" tells',
    detail: 'see "listingstream purge show --feed west"',
    err: { code: 'X', message: 'Run "listingstream snapshot --restart --feed west".', retryable: true },
  })
})
