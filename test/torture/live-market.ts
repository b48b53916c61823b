import type { ListingCommand, SimulatedListings } from '../../src/simulator/collections/listings.ts'
import type { Prng } from '../../src/simulator/prng.ts'
import type { CommandReport } from '../../src/simulator/records/record-command.ts'
import { sleep } from '../../src/support/abort.ts'
import type { Interval } from './findings.ts'

/** A market that changes every few milliseconds, and a journal of when each key could not be seen. */
export class LiveMarket implements AsyncDisposable {
  readonly #listings: SimulatedListings
  readonly #prng: Prng
  readonly #now: () => number
  readonly #cacheLagMs: number
  readonly #hidden = new Map<string, Interval[]>()
  readonly #stampsBack = new Map<string, number[]>()
  readonly #stop = new AbortController()
  #number = 0
  #isStill = false
  #running: Promise<void> | undefined

  constructor(options: {
    readonly listings: SimulatedListings
    readonly prng: Prng
    readonly now: () => number
    readonly cacheLagMs: number
  }) {
    this.#listings = options.listings
    this.#prng = options.prng
    this.#now = options.now
    this.#cacheLagMs = options.cacheLagMs
  }

  start(): void {
    this.#running = this.#run(this.#stop.signal)
  }

  /** Changes so far. */
  get changes(): number {
    return this.#number
  }

  /** When each key was, or may have been, invisible: milliseconds of the simulator's clock, open at the end. */
  get hidden(): ReadonlyMap<string, readonly Interval[]> {
    return this.#hidden
  }

  /** Stamps that listings were set back to, in order: milliseconds since 1970. */
  get stampsBack(): ReadonlyMap<string, readonly number[]> {
    return this.#stampsBack
  }

  /** Nothing changes by itself any more, until `resume`. */
  pause(): void {
    this.#isStill = true
  }

  resume(): void {
    this.#isStill = false
  }

  /** A change of the scenario's own. Answers the keys that changed, as the market does. */
  apply(command: ListingCommand): CommandReport {
    const before = this.#now()
    const report = this.#listings.apply(command)
    const shownBy = this.#now() + this.#cacheLagMs
    const { action, keys } = report
    for (const [i, key] of keys.entries()) {
      if (action === 'remove' || action === 'leave' || (action === 'relist' && i % 2 === 0)) {
        this.#hide(key, before)
      } else if (action === 'return' || action === 'new' || action === 'relist') {
        this.#show(key, shownBy)
      }
    }
    return report
  }

  /** Other content, under a stamp that lies before the one that was shown. */
  setBack(keys: readonly string[], byMs: number, text: string): void {
    const stamp = Math.floor((this.#now() - byMs) / 1_000) * 1_000
    const fields = { ModificationTimestamp: new Date(stamp).toISOString(), Disclaimer: text }
    this.apply({ action: 'set', keys, fields })
    for (const key of keys) this.#stampsBack.set(key, [...(this.#stampsBack.get(key) ?? []), stamp])
  }

  /** Keys of listings that are in view. */
  someKeys(count: number, prng: Prng): readonly string[] {
    const keys = [...this.#listings.rows('')].map(({ key }) => key)
    const chosen = new Set<string>()
    while (chosen.size < Math.min(count, keys.length)) chosen.add(keys[prng.below(keys.length)] ?? '')
    return [...chosen]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#running
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const burst = this.#isStill ? 0 : 1 + this.#prng.below(2)
      for (let i = 0; i < burst; i += 1) {
        this.#number += 1
        this.apply(this.#listings.usualCommand(this.#number))
      }
      await sleep(15 + this.#prng.below(50), signal).catch(() => undefined)
    }
  }

  #hide(key: string, from: number): void {
    const intervals = this.#hidden.get(key) ?? []
    intervals.push({ from, to: Infinity })
    this.#hidden.set(key, intervals)
  }

  #show(key: string, by: number): void {
    const intervals = this.#hidden.get(key)
    const last = intervals?.at(-1)
    if (intervals === undefined || last === undefined) this.#hidden.set(key, [{ from: -Infinity, to: by }])
    else intervals.splice(-1, 1, { ...last, to: by })
  }
}
