import type { Millis } from '../../domain/instant.ts'
import type { OpenFeed } from '../compose/open-feed.ts'
import type { FeedStatus } from '../reports/feed-status.ts'
import { waitingLetters } from '../reports/waiting-letters.ts'

/** What of a status has to be counted by reading the index or a topic. */
export interface Counts {
  readonly liveRecords: FeedStatus['liveRecords']
  readonly deadLetters: FeedStatus['deadLetters']
}

export async function countNow(
  feed: Pick<OpenFeed, 'liveRecords' | 'openLetters'>,
  signal: AbortSignal,
): Promise<Counts> {
  return {
    liveRecords: await feed.liveRecords(signal),
    deadLetters: await waitingLetters(
      async (within) => (await feed.openLetters(undefined, within)).length,
      signal,
    ),
  }
}

const NOT_COUNTED = { count: null, why: 'it is being counted' } as const
const AT_LEAST_MS: Millis = 5_000
/** Of the time, counting takes a twentieth at most: an index may have ten million entries. */
const PAUSE_FACTOR = 20

/** Counts for a page that is looked at: at once, and not older than a count is worth its work. */
export class KeptCounts {
  readonly #monotonic: () => number
  #counts: Counts = { liveRecords: { ...NOT_COUNTED, byResource: {} }, deadLetters: NOT_COUNTED }
  #dueAt = 0
  #counting = false

  /** @param monotonic milliseconds from any origin */
  constructor(monotonic: () => number = () => performance.now()) {
    this.#monotonic = monotonic
  }

  /** Of the last time; begins to count again where that is due. What fails is counted another time. */
  of(feed: Pick<OpenFeed, 'liveRecords' | 'openLetters'>, signal: AbortSignal): Counts {
    if (!this.#counting && this.#monotonic() >= this.#dueAt) void this.#count(feed, signal)
    return this.#counts
  }

  async #count(feed: Pick<OpenFeed, 'liveRecords' | 'openLetters'>, signal: AbortSignal): Promise<void> {
    this.#counting = true
    const begun = this.#monotonic()
    try {
      this.#counts = await countNow(feed, signal)
    } catch {
      // A broker that does not answer is told of by the passes.
    } finally {
      const taken = this.#monotonic() - begun
      this.#dueAt = this.#monotonic() + Math.max(AT_LEAST_MS, taken * PAUSE_FACTOR)
      this.#counting = false
    }
  }
}
