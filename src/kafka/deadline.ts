import { orAborted } from '../support/abort.ts'
import { kafkaError, kafkaUnreachable } from './errors.ts'

/**
 * `work` with an end to it: rejects with what its failure means, with KAFKA_UNREACHABLE after `ms`, or with the
 * signal's reason. kafkajs cannot be cancelled, so after the last two the work goes on until its client is closed.
 *
 * @param doing opens the message of an error, e.g. "Reading topic x"
 */
export async function withDeadline<T>(
  doing: string,
  ms: number,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  signal.throwIfAborted()
  const deadline = new AbortController()
  const timer = setTimeout(() => deadline.abort(kafkaUnreachable(doing, `no answer within ${ms} ms`)), ms)
  try {
    return await orAborted(orAborted(work(), deadline.signal), signal)
  } catch (error) {
    signal.throwIfAborted()
    throw kafkaError(error, doing)
  } finally {
    clearTimeout(timer)
  }
}
