/** What the own requests ask of kafkajs's cluster: brokers that answer, and another try where one did not. */
import kafkajs from 'kafkajs'
import type Cluster from 'kafkajs/src/cluster/index.js'
import type { FetchingBroker, ProducingBroker } from 'kafkajs/src/cluster/index.js'

import { ListingstreamError } from '../support/errors.ts'
import { protocolTypeOf } from './client-failure.ts'

const FIRST_PAUSE_MS = 5
const LONGEST_PAUSE_MS = 1_000
/**
 * The marker of the last transaction is there within some milliseconds (docs/kafka.md §1.1). Who waits for longer, because it takes
 * the id over, must not find the other one in its next transaction.
 */
const MARKER = { quickTries: 20, longestPauseMs: 100 }

/**
 * Whether the same request may succeed when it is made again, as kafkajs itself has it: its own errors and the broker's say so,
 * and what says nothing is a failure of the connection, unless it is one of the program.
 */
export function mayPass(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof ListingstreamError) return false
  if (error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError)
    return false
  return !('retriable' in error) || error.retriable !== false
}

/** The broker said no, so that it did nothing; any other failure says nothing of what was done. */
export function isRefusal(error: unknown): boolean {
  return error instanceof kafkajs.KafkaJSProtocolError
}

/** Before the next try. @param failures so far */
export function pauseAfter(error: unknown, failures: number): number {
  const isMarkerAwaited = protocolTypeOf(error) === 'CONCURRENT_TRANSACTIONS'
  const { quickTries, longestPauseMs } = isMarkerAwaited
    ? MARKER
    : { quickTries: 1, longestPauseMs: LONGEST_PAUSE_MS }
  return Math.min(longestPauseMs, FIRST_PAUSE_MS * 2 ** Math.max(0, failures - quickTries))
}

/**
 * After a request without an answer: the broker gets new connections. kafkajs connects the old ones again, and reads what comes
 * then behind what was left over of a broken answer.
 */
export function forget(cluster: Cluster, broker: ProducingBroker): void {
  const { host, port } = broker.connectionPool
  cluster.removeBroker({ host, port })
  // Resolves when its other requests have ended; the client closes what remains.
  broker.disconnect().catch(() => undefined)
}

/** The highest version of that request that both sides know; undefined if there is none. */
export function versionOf(
  { versions }: FetchingBroker,
  apiKey: number,
  { least, most }: { readonly least: number; readonly most: number },
): number | undefined {
  const theirs = versions?.[apiKey]
  if (theirs === undefined) return undefined
  const version = Math.min(most, theirs.maxVersion)
  return version >= Math.max(least, theirs.minVersion) ? version : undefined
}
