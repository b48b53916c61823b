import { connectKafka } from '../../src/kafka/cluster.ts'
import { startKafkaProxy } from '../fixtures/kafka-proxy.ts'
import { testStack } from '../fixtures/test-stack.ts'
import type { TestFeed } from './test-feed.ts'

const NEVER = new AbortController().signal

/** Of an error that has one; otherwise the error itself. */
export function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : error
}

/** The feed's broker behind a proxy, and a connection of its own to it. */
export async function throughProxy(feed: TestFeed) {
  const [broker = ''] = testStack().brokers
  await using parts = new AsyncDisposableStack()
  const proxy = parts.use(await startKafkaProxy(broker))
  const cluster = parts.use(
    await connectKafka({ brokers: [proxy.broker], clientId: `${feed.names.prefix}-proxied` }, NEVER),
  )
  const owned = parts.move()
  return { proxy, cluster, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}
