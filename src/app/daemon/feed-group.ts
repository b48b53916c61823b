/**
 * Which of the feeds this instance has: instances with the same `GROUP_ID` share them as the partitions of a topic, partition i
 * for the i-th feed. What two of them might both believe to have for a while is settled by fencing (R3), as ever.
 */
import type { Millis } from '../../domain/instant.ts'
import type { Holdings } from '../../kafka/sticky-assignor.ts'
import type { Logger } from '../../ops/logger.ts'
import type { GroupState } from '../../ops/many-feeds-routes.ts'
import { FencedError } from '../../publisher/publisher-errors.ts'
import type { Clock } from '../../replication/ports.ts'
import { firstFailure } from '../../support/errors.ts'
import { firstOfSeries } from '../../support/first-of-series.ts'

/** A session of 6 s bears three that are lost. */
const HEARTBEAT_MS = 1_500
/** Who has taken a feed from the group's own instance, an operator's command perhaps, may keep it for so long. */
const FENCED_PAUSE_MS = 10_000
const QUIET_MS = 60_000

const CONTRADICTION =
  'the other instances of the group have other feeds, or have them in another order, so that this one gets none: give all of them the same list, new feeds at its end'

/** A feed that may run here; `run` always rejects. */
export interface SharedFeed {
  readonly prefix: string
  readonly logger: Logger
  run(signal: AbortSignal): Promise<never>
}

/** Membership of the group, one request at a time. */
export interface FeedGroupMember {
  /** Resolves with the partitions that it has now, once all members have joined. */
  join(signal: AbortSignal): Promise<readonly { readonly partition: number }[]>
  heartbeat(signal: AbortSignal): Promise<'member' | 'rebalancing' | 'expelled'>
}

export interface FeedGroupOptions {
  readonly id: string
  /** In the order of the settings. */
  readonly feeds: readonly SharedFeed[]
  /** Those of which there is an index here, by their numbers, the one that was written last at the end. */
  readonly indexed: readonly number[]
  readonly clock: Pick<Clock, 'sleep'>
  /** Milliseconds from any origin. */
  readonly monotonic: () => Millis
  readonly logger: Logger
}

interface HeldFeed {
  /** Ends it. */
  readonly stop: AbortController
  /** Resolves when it runs no more. */
  readonly over: Promise<void>
}

export class FeedGroup implements GroupState {
  readonly #options: FeedGroupOptions
  /** By partition: what runs here, or has not come to its end yet. */
  readonly #held = new Map<number, HeldFeed>()
  readonly #fencedAt = new Map<number, Millis>()
  readonly #indexed: Set<number>
  #assigned: ReadonlySet<number> = new Set()
  /** Resolves when something was given up, which the others wait for. */
  #gaveUp = Promise.withResolvers<void>()
  #joined = false
  #agrees = true

  constructor(options: FeedGroupOptions) {
    this.#options = options
    this.#indexed = new Set(options.indexed)
  }

  get id(): string {
    return this.#options.id
  }

  get joined(): boolean {
    return this.#joined
  }

  /** Why it gets no feeds, though it is a member; null if it may have some. */
  get contradiction(): string | null {
    return this.#agrees ? null : CONTRADICTION
  }

  /** What this instance tells the group. */
  holdings(): Holdings {
    return {
      names: this.#options.feeds.map(({ prefix }) => prefix),
      owned: [...this.#held.keys()],
      known: [...this.#indexed].toReversed(),
    }
  }

  /** Whether the group has the same feeds in the same order, as far as it has them. */
  agreed(agrees: boolean): void {
    if (this.#agrees && !agrees) {
      this.#options.logger.error({ setting: 'feeds', group: this.id }, CONTRADICTION)
    }
    this.#agrees = agrees
  }

  /** Until the signal aborts (then it rejects with its reason), or the group refuses this member; its feeds have ended by then. */
  async run(member: FeedGroupMember, signal: AbortSignal): Promise<never> {
    const ended = new AbortController()
    const either = AbortSignal.any([signal, ended.signal])
    try {
      for (;;) await this.#generation(member, either)
    } finally {
      this.#joined = false
      ended.abort(new Error('this instance leaves its group'))
      await Promise.all([...this.#held.values()].map(({ over }) => over))
    }
  }

  /** From one sharing to the next. */
  async #generation(member: FeedGroupMember, signal: AbortSignal): Promise<void> {
    const told = new Set(this.#held.keys())
    const partitions = await member.join(signal)
    this.#joined = true
    this.#gaveUp = Promise.withResolvers()
    this.#take(new Set(partitions.map(({ partition }) => partition)), signal)
    // Whatever of these is given up from now on, the others have to be told of.
    for (const partition of this.#held.keys()) told.add(partition)
    const tell = firstOfSeries(QUIET_MS, (err: unknown) =>
      this.#options.logger.warn({ err, group: this.id }, 'the group cannot be reached; the feeds go on'),
    )
    while (![...told].some((partition) => !this.#held.has(partition))) {
      await Promise.race([this.#gaveUp.promise, this.#options.clock.sleep(HEARTBEAT_MS, signal)])
      signal.throwIfAborted()
      const standing = await member.heartbeat(signal).catch((error: unknown) => {
        signal.throwIfAborted()
        tell(error)
        return 'unknown' as const
      })
      if (standing === 'rebalancing') return
      if (standing === 'expelled') {
        this.#options.logger.warn(
          { group: this.id },
          'the group has gone on without this instance, which lets go of its feeds and joins again',
        )
        this.#take(new Set(), signal)
        return
      }
    }
  }

  #take(assigned: ReadonlySet<number>, signal: AbortSignal): void {
    this.#assigned = assigned
    const leaving = [...this.#held].filter(([partition]) => !assigned.has(partition))
    const coming = [...assigned].filter((partition) => !this.#held.has(partition))
    if (leaving.length + coming.length > 0) {
      const facts = {
        group: this.id,
        feeds: assigned.size,
        starting: coming.map((partition) => this.#options.feeds[partition]?.prefix),
        stopping: leaving.map(([partition]) => this.#options.feeds[partition]?.prefix),
      }
      this.#options.logger.info({ event: 'feeds-shared', ...facts }, 'the group has shared out the feeds')
    }
    for (const [, { stop }] of leaving) stop.abort(new Error('the group gives this feed to another instance'))
    for (const partition of coming) this.#hold(partition, signal)
  }

  #hold(partition: number, signal: AbortSignal): void {
    const feed = this.#options.feeds[partition]
    if (feed === undefined) return
    const stop = new AbortController()
    const over = this.#keep(partition, feed, AbortSignal.any([signal, stop.signal])).then(() => {
      this.#held.delete(partition)
      // It was to go, and came back before it had.
      if (!signal.aborted && stop.signal.aborted && this.#assigned.has(partition))
        this.#hold(partition, signal)
      else this.#gaveUp.resolve()
    })
    this.#held.set(partition, { stop, over })
    this.#indexed.delete(partition)
    this.#indexed.add(partition)
  }

  /** Resolves when the feed is no more to be had here; one that somebody has to decide about is nobody else's meanwhile. */
  async #keep(partition: number, feed: SharedFeed, signal: AbortSignal): Promise<void> {
    const { clock, monotonic } = this.#options
    try {
      const pause = (this.#fencedAt.get(partition) ?? -Infinity) + FENCED_PAUSE_MS - monotonic()
      if (pause > 0) await clock.sleep(pause, signal)
      await feed.run(signal)
    } catch (error) {
      if (signal.aborted) return
      if (firstFailure(error) instanceof FencedError) {
        this.#fencedAt.set(partition, monotonic())
        feed.logger.warn({ err: error }, 'another instance has this feed; the group is asked whose it is')
        return
      }
      tellEnded(feed, error)
      await aborted(signal)
    }
  }
}

/** Of one feed of several. */
export function tellEnded({ logger }: Pick<SharedFeed, 'logger'>, err: unknown): void {
  logger.error({ err }, 'this feed has ended, and is taken up again by a restart; the others go on')
}

function aborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  if (signal.aborted) resolve()
  else signal.addEventListener('abort', () => resolve(), { once: true })
  return promise
}
