import type { ResourceDescription } from '../../domain/resource.ts'
import type { ChangeOrCaughtUp } from './change.ts'
import { checkConsumerOptions, type ConsumerOptions } from './consumer-options.ts'
import { openStream } from './open-stream.ts'

/** Changes in the order of their partitions. They can be gone through once; then, or when disposed of, all is closed. */
export interface Changes<UpsertedEvent = unknown, DeletedEvent = unknown>
  extends AsyncIterable<ChangeOrCaughtUp<UpsertedEvent, DeletedEvent>>, AsyncDisposable {}

/**
 * The changes of a resource as they come. One is acknowledged when the next one is asked for: leave the loop by `break` or an
 * error, and the last one comes again. The loop ends when `signal` aborts. Nothing is connected before the first one is
 * asked for.
 *
 * @throws {ConsumerOptionsError} CONSUMER_OPTIONS
 */
export function consume(resource: ResourceDescription, options: ConsumerOptions): Changes {
  checkConsumerOptions(options)
  const disposed = new AbortController()
  const signal = AbortSignal.any([disposed.signal, ...(options.signal === undefined ? [] : [options.signal])])
  const changes = read(resource, options, signal)
  return {
    [Symbol.asyncIterator]: () => changes,
    [Symbol.asyncDispose]: async () => {
      disposed.abort()
      await changes.return()
    },
  }
}

async function* read(
  resource: ResourceDescription,
  options: ConsumerOptions,
  signal: AbortSignal,
): AsyncGenerator<ChangeOrCaughtUp, void, undefined> {
  if (signal.aborted) return
  await using open = await openStream(resource, options, 'stop', signal).catch((error: unknown) => {
    if (signal.aborted) return null
    throw error
  })
  if (open === null) return
  for await (const item of open.stream.deliveries(signal, signal)) {
    if (item.type === 'caught-up') {
      yield item
      continue
    }
    try {
      yield item.change
      item.acknowledge()
    } finally {
      item.release()
    }
  }
}
