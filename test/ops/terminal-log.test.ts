import { stripVTControlCharacters } from 'node:util'
import { expect, test } from 'vitest'

import { describeLine, terminalLines } from '../../src/ops/terminal-log.ts'

const pass = { feed: 'spark', resource: 'listings', pass: 'snapshot', passId: 'p', page: 12 }
const counts = { published: 1_200, unchanged: 0, stale: 0, dead_lettered: 1 }

test('a line has time, level, feed and what happened, and nothing below it', () => {
  const line = JSON.stringify({
    level: 'warn',
    time: '2026-05-02T14:00:00.000Z',
    ...pass,
    event: 'pass-started',
    filter: 'ModificationTimestamp Gt x',
    msg: 'pass started',
  })
  const written = terminalLines(false)(line)
  expect(written).toMatch(/^\[\d\d:\d\d:\d\d\] WARN: spark: snapshot of listings: pass started\n$/)
  expect(stripVTControlCharacters(terminalLines(true)(line))).toBe(written)
})

test.each([
  [
    'progress has total, percent and time left',
    { event: 'pass-goes-on', msg: 'x', walked: 12_000, total: 98_000, percent: 12, secondsLeft: 180, counts },
    'spark: snapshot of listings: 12,000 of 98,000 (12 %), 3 min left; 1,200 published, 1 dead_lettered',
  ],
  [
    'progress without a total has what was walked',
    { event: 'pass-goes-on', msg: 'x', walked: 12_000, total: null, percent: null, secondsLeft: null },
    'spark: snapshot of listings: 12,000 walked',
  ],
  [
    'an end has the outcomes that came and why',
    {
      event: 'pass-ended',
      msg: 'pass held',
      walked: 21,
      pages: 3,
      counts,
      deletes: { held: 30 },
      detail: 'too many',
    },
    'spark: snapshot of listings: pass held (21 walked, 1,200 published, 1 dead_lettered, 30 held, too many)',
  ],
])('%s', (_, fields, expected) => expect(describeLine({ ...pass, ...fields })).toBe(expected))

test('an error is its message and its code; other fields stand behind the message; only a bug has more lines', () => {
  const err = { code: 'KAFKA_UNREACHABLE', message: 'No broker.', retryable: true, cause: 'x' }
  expect(describeLine({ feed: 'spark', msg: 'parked', retryInMs: 5_000, err })).toBe(
    'spark: parked (retryInMs 5000): No broker. [KAFKA_UNREACHABLE]',
  )
  expect(describeLine({ msg: 'failed', err: { message: 'm', stack: 'Error: m\n  at x' } })).toBe(
    'failed\nError: m\n  at x',
  )
})
