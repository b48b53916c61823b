/** A subscriber of the demo's listings, in a group, by the SDK: what it reads, and how far behind it is. */
import type { GroupLag } from '../consumer/lag/group-lag.ts'
import { lagOfGroup } from '../consumer/lag/lag-watch.ts'
import { consume, type Changes } from '../consumer/sdk/consume.ts'
import type { Replicated } from '../domain/resource.ts'
import { connectKafka } from '../kafka/cluster.ts'
import { sleep } from '../support/abort.ts'
import { ListingstreamError } from '../support/errors.ts'
import { CLIENT_ID, topicOf, type FeedAddress } from './subscriber.ts'

/** Often, so that its lag is that of its reading and not of its commits. */
const COMMIT_MS = 200
const POLL_MS = 100
const PATIENCE_MS = 30_000

export interface DemoReading {
  readonly resource: Replicated
  readonly group: string
  /** That it was given. */
  readonly changes: number
  readonly lag: GroupLag
}

/** Reads until it is disposed of. */
export class DemoReader implements AsyncDisposable {
  readonly #feed: FeedAddress
  readonly #resource: Replicated
  readonly #group: string
  readonly #changes: Changes
  readonly #reading: Promise<void>
  #count = 0
  #failure: unknown

  constructor(feed: FeedAddress, resource: Replicated) {
    this.#feed = feed
    this.#resource = resource
    this.#group = `${feed.topicPrefix}-reader`
    this.#changes = consume(resource, {
      brokers: feed.brokers,
      registry: feed.registryUrl,
      prefix: feed.topicPrefix,
      clientId: CLIENT_ID,
      groupId: this.#group,
      commitIntervalMs: COMMIT_MS,
    })
    this.#reading = this.#read()
  }

  async #read(): Promise<void> {
    try {
      for await (const change of this.#changes) if (change.type !== 'caught-up') this.#count += 1
    } catch (error) {
      this.#failure = error
    }
  }

  /** Once it has read everything. @throws {ListingstreamError} DEMO_READER_BEHIND, or what ended its reading */
  async caughtUp(signal: AbortSignal): Promise<DemoReading> {
    await using cluster = await connectKafka({ brokers: this.#feed.brokers, clientId: CLIENT_ID }, signal)
    const asked = { group: this.#group, topics: [topicOf(this.#feed, this.#resource)] }
    const deadline = performance.now() + PATIENCE_MS
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure
      const lag = await lagOfGroup(cluster, asked, signal)
      if (lag?.behind === 0 && lag.topics.every(({ uncommitted }) => uncommitted === 0)) {
        return { resource: this.#resource, group: this.#group, changes: this.#count, lag }
      }
      if (performance.now() > deadline) throw behind(this.#group, lag?.behind)
      await sleep(POLL_MS, signal)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#changes[Symbol.asyncDispose]()
    await this.#reading
  }
}

function behind(group: string, records: number | undefined): ListingstreamError {
  const what = records === undefined ? 'has committed nothing' : `is ${records} records behind`
  return new ListingstreamError(`Group ${group} ${what} after ${PATIENCE_MS / 1000} s.`, {
    code: 'DEMO_READER_BEHIND',
    retryable: false,
    disposition: 'stop',
  })
}
