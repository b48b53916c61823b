import kafkajs from 'kafkajs'
import type { LogEntry } from 'kafkajs'

import type { KafkaLog, KafkaLogLevel } from './settings.ts'

/**
 * Ordinary events of transactional work that kafkajs reports as errors, twice each: the marker of the last
 * transaction is still being written, a coordinator loads, retries are finite (docs/kafka.md §1.1).
 */
const ORDINARY =
  /another concurrent operation on the same transaction|coordinator is loading|Limiting retries for the idempotent/

/** Each refusal by a broker is logged where it arrives; it is then retried or thrown at the caller, who says more. */
const REFUSAL = /^Response /

/** Fields of kafkajs's entries that are worth keeping. All others are left out: some hold payloads (R15). */
const KEPT = [
  'broker',
  'error',
  'retryCount',
  'retryTime',
  'topic',
  'partition',
  'groupId',
  'nodeId',
] as const

/**
 * Forwards kafkajs's log. Its errors arrive as warnings, because whatever remains of them after the retries is thrown
 * at the caller. `muted` silences a client that was closed on purpose.
 */
export function clientLog(log: KafkaLog, muted: () => boolean): (entry: LogEntry) => void {
  return ({ namespace, level, log: entry }) => {
    if (muted()) return
    const extra: Record<string, string | number> = { namespace }
    for (const name of KEPT) {
      const value: unknown = entry[name]
      if (typeof value === 'string' || typeof value === 'number') extra[name] = value
    }
    log(levelOf(level, entry.message, extra['error']), entry.message, extra)
  }
}

function levelOf(level: LogEntry['level'], message: string, error: unknown): KafkaLogLevel {
  if (level > kafkajs.logLevel.INFO || REFUSAL.test(message)) return 'debug'
  if (ORDINARY.test(message) || (typeof error === 'string' && ORDINARY.test(error))) return 'debug'
  return level > kafkajs.logLevel.WARN ? 'info' : 'warn'
}
