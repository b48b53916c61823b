import { orAborted } from '../support/abort.ts'
import { NOBODY, type Tries } from '../support/tries.ts'
import { kafkaError, kafkaUnreachable, protocolTypeOf } from './client-failure.ts'
import type { Troubles } from './troubles.ts'

/** All of it is one thing to be tried: what is down is a broker, whatever it was asked. */
export const KAFKA = 'Kafka'

/**
 * `work` with an end to it: rejects with what its failure means, with KAFKA_UNREACHABLE after `ms`, or with the
 * signal's reason. kafkajs cannot be cancelled, so after the last two the work goes on until its client is closed.
 *
 * What the brokers refused until the end is what it failed for: a cluster that answers is not unreachable.
 *
 * @param doing opens the message of an error, e.g. "Reading topic x"
 * @param tries told how it ended, unless the signal aborted
 */
export async function withDeadline<T>(
  doing: string,
  ms: number,
  signal: AbortSignal,
  work: () => Promise<T>,
  tries: Tries = NOBODY,
  troubles?: Troubles,
): Promise<T> {
  signal.throwIfAborted()
  const since = performance.now()
  const deadline = new AbortController()
  const timer = setTimeout(() => deadline.abort(lateness(doing, ms, troubles?.since(since))), ms)
  try {
    const result = await orAborted(orAborted(work(), deadline.signal), signal)
    tries.succeeded(KAFKA)
    return result
  } catch (error) {
    signal.throwIfAborted()
    const failure = kafkaError(error, doing)
    // A refusal is an answer; whoever asked tells of it.
    if (failure.retryable) tries.failed(KAFKA, failure, null)
    else tries.succeeded(KAFKA)
    throw failure
  } finally {
    clearTimeout(timer)
  }
}

function lateness(doing: string, ms: number, trouble: Error | undefined): Error {
  return protocolTypeOf(trouble) === undefined
    ? kafkaUnreachable(doing, `no answer within ${ms} ms`, trouble)
    : kafkaError(trouble, `${doing}, in vain for ${ms} ms`)
}
