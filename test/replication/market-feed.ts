import type { Instant } from '../../src/domain/instant.ts'
import type { PassKind, PassProgress } from '../../src/domain/pass.ts'
import { CommittedState } from '../../src/replication/committed-state.ts'
import { FeedRunner, PLAIN_PASS } from '../../src/replication/feed-runner.ts'
import { LISTINGS } from '../../src/resources/listings.ts'
import { feedIdentity } from '../fixtures/index-entry.ts'
import { assembleFeed, CollectingObserver } from '../fixtures/memory-feed.ts'
import { MemoryKeyIndex } from '../fixtures/memory-key-index.ts'
import { MemoryPublisher } from '../fixtures/memory-publisher.ts'
import { ModelMarket, ModelSource } from './model-market.ts'

const { signal } = new AbortController()

/** A market of listings and the topics that a program replicates it into; each pass is a process of its own. */
export class MarketFeed {
  readonly market = new ModelMarket()
  readonly topics = new MemoryPublisher()
  readonly #index = new MemoryKeyIndex()
  readonly #pageSize: number
  #requests = 0

  constructor(pageSize: number) {
    this.#pageSize = pageSize
  }

  async run(pass: PassKind): Promise<PassProgress> {
    const now = this.market.now()
    if (this.#index.state() === null) await this.topics.rebuild(this.#index, feedIdentity(), now)
    const source = new ModelSource(this.market, {
      pageSizes: [this.#pageSize],
      around: [],
      lastRequest: this.#requests,
      isStamped: true,
    })
    const { topics, market: clock } = this
    const observer = new CollectingObserver()
    const feed = assembleFeed({ source, publisher: topics, topics, index: this.#index, clock, observer })
    source.onDate = (date) => feed.serverClock.note(date, clock.now())
    try {
      return (await new FeedRunner(feed).run(LISTINGS, pass, PLAIN_PASS, signal)).progress
    } finally {
      this.#requests = source.requests
    }
  }

  /** Runs it, and answers how often it asked. */
  async requestsOf(pass: PassKind): Promise<number> {
    const before = this.#requests
    await this.run(pass)
    return this.#requests - before
  }

  /** Keys that a subscriber holds, ascending. */
  published(): readonly string[] {
    return [...this.topics.live().keys()].toSorted()
  }

  watermark(): Instant | undefined {
    return new CommittedState(this.topics.feedState(feedIdentity())).watermark(LISTINGS.name)
  }
}
