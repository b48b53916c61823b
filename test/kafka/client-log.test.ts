import kafkajs from 'kafkajs'
import type { LogEntry } from 'kafkajs'
import { describe, expect, test } from 'vitest'

import { clientLog } from '../../src/kafka/client-log.ts'

function logged(
  level: 'ERROR' | 'WARN' | 'INFO' | 'DEBUG',
  log: Record<string, unknown>,
  muted = false,
): unknown[][] {
  const lines: unknown[][] = []
  const entry: LogEntry = {
    namespace: 'Producer',
    level: kafkajs.logLevel[level],
    label: level,
    log: { timestamp: 'now', message: 'words', ...log },
  }
  clientLog(
    (...line) => lines.push(line),
    () => muted,
  )(entry)
  return lines
}

describe("the client library's log", () => {
  test.each([
    [{ message: 'Response Produce(key: 0, version: 7)', error: 'refused' }],
    [
      {
        message:
          'The producer attempted to update a transaction while another concurrent operation on the same transaction was ongoing',
      },
    ],
    [{ message: 'Failed', error: 'The coordinator is loading and hence cannot process requests' }],
    [{ message: 'Limiting retries for the idempotent producer may invalidate EoS guarantees' }],
  ])('ordinary events of transactions are no errors: %j', (log) => {
    expect(logged('ERROR', log)[0]?.[0]).toBe('debug')
  })

  test.each([
    ['ERROR', 'warn'],
    ['WARN', 'warn'],
    ['INFO', 'info'],
    ['DEBUG', 'debug'],
  ] as const)('its %s is our %s', (theirs, ours) => {
    expect(logged(theirs, { message: 'Connection error: refused' })[0]?.[0]).toBe(ours)
  })

  test('only named fields pass, so no payload does (R15)', () => {
    const log = {
      broker: 'b:9092',
      retryCount: 3,
      payload: { data: 'secret' },
      sasl: 'secret',
      stack: 'at …',
    }
    expect(logged('ERROR', log)).toEqual([
      ['warn', 'words', { namespace: 'Producer', broker: 'b:9092', retryCount: 3 }],
    ])
  })

  test('a client that was closed on purpose is silent', () => {
    expect(logged('ERROR', {}, true)).toEqual([])
  })
})
