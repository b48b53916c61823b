import type { Market } from '../../src/simulator/market.ts'
import type { Prng } from '../../src/simulator/prng.ts'
import { trickleCommand } from '../../src/simulator/trickle.ts'
import { sleep } from '../../src/support/abort.ts'
import type { Interval } from './findings.ts'

/** A market that changes every few milliseconds, and a journal of when each key could not be seen. */
export class LiveMarket implements AsyncDisposable {
  readonly #market: Market
  readonly #prng: Prng
  readonly #now: () => number
  readonly #cacheLagMs: number
  readonly #seed: number
  readonly #hidden = new Map<string, Interval[]>()
  readonly #stop = new AbortController()
  #number = 0
  #running: Promise<void> | undefined

  constructor(options: {
    readonly market: Market
    readonly prng: Prng
    readonly seed: number
    readonly now: () => number
    readonly cacheLagMs: number
  }) {
    this.#market = options.market
    this.#prng = options.prng
    this.#seed = options.seed
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

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#running
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const burst = 1 + this.#prng.below(2)
      for (let i = 0; i < burst; i += 1) this.#change()
      await sleep(15 + this.#prng.below(50), signal).catch(() => undefined)
    }
  }

  #change(): void {
    this.#number += 1
    const before = this.#now()
    const { action, keys } = this.#market.apply(trickleCommand(this.#seed, this.#number))
    const shownBy = this.#now() + this.#cacheLagMs
    for (const [i, key] of keys.entries()) {
      if (action === 'remove' || action === 'leave' || (action === 'relist' && i % 2 === 0)) {
        this.#hide(key, before)
      } else if (action === 'return' || action === 'new' || action === 'relist') {
        this.#show(key, shownBy)
      }
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
