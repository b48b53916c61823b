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
/** Of the overview: there may be a hundred feeds. */
const LETTERS_AT_LEAST_MS: Millis = 30_000
/** Of the time, counting takes a twentieth at most: an index may have ten million entries. */
const PAUSE_FACTOR = 20

type Counted = Pick<OpenFeed, 'liveRecords' | 'openLetters'>

/** Figures for a page that is looked at: at once, and not older than a count is worth its work. */
class KeptFigures<Feed, Figures> {
  readonly #countNow: (feed: Feed, signal: AbortSignal) => Promise<Figures>
  readonly #atLeastMs: Millis
  readonly #monotonic: () => number
  #counts: Figures
  #dueAt = 0
  #counting = false

  constructor(
    first: Figures,
    count: (feed: Feed, signal: AbortSignal) => Promise<Figures>,
    atLeastMs: Millis,
    monotonic: () => number,
  ) {
    this.#counts = first
    this.#countNow = count
    this.#atLeastMs = atLeastMs
    this.#monotonic = monotonic
  }

  /** Of the last time; begins to count again where that is due. What fails is counted another time. */
  of(feed: Feed, signal: AbortSignal): Figures {
    if (!this.#counting && this.#monotonic() >= this.#dueAt) void this.#count(feed, signal)
    return this.#counts
  }

  async #count(feed: Feed, signal: AbortSignal): Promise<void> {
    this.#counting = true
    const begun = this.#monotonic()
    try {
      this.#counts = await this.#countNow(feed, signal)
    } catch {
      // A broker that does not answer is told of by the passes.
    } finally {
      const taken = this.#monotonic() - begun
      this.#dueAt = this.#monotonic() + Math.max(this.#atLeastMs, taken * PAUSE_FACTOR)
      this.#counting = false
    }
  }
}

export class KeptCounts extends KeptFigures<Counted, Counts> {
  /** @param monotonic milliseconds from any origin */
  constructor(monotonic: () => number = () => performance.now()) {
    const first = { liveRecords: { ...NOT_COUNTED, byResource: {} }, deadLetters: NOT_COUNTED }
    super(first, countNow, AT_LEAST_MS, monotonic)
  }
}

/** How many dead letters wait; null while they are not counted. */
export class KeptLetters extends KeptFigures<Pick<Counted, 'openLetters'>, number | null> {
  /** @param monotonic milliseconds from any origin */
  constructor(monotonic: () => number = () => performance.now()) {
    super(
      null,
      async (feed, signal) => (await feed.openLetters(undefined, signal)).length,
      LETTERS_AT_LEAST_MS,
      monotonic,
    )
  }
}
