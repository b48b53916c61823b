import type { ListingCommand, SimulatedListings } from '../../src/simulator/collections/listings.ts'
import type { PartName } from '../../src/simulator/collections/listings/parts/part-kind.ts'
import { PART_KINDS } from '../../src/simulator/collections/listings/parts/part-kinds.ts'
import { pick, type Prng } from '../../src/simulator/prng.ts'
import type { OpenCollection } from '../../src/simulator/records/open-collection.ts'
import type { CommandReport } from '../../src/simulator/records/record-command.ts'
import type { Simulator } from '../../src/simulator/simulator.ts'
import { sleep } from '../../src/support/abort.ts'
import type { Interval } from './findings.ts'
import type { JudgedResource } from './judged-resources.ts'
import { ViewJournal } from './view-journal.ts'

/** One change of listings in so many is one of a set. */
const MEDIA_EVERY = 5

/** A market that changes every few milliseconds, and a journal of when each key could not be seen. */
export class LiveMarket implements AsyncDisposable {
  /** Sets of listings that change here; those that are records of their own change like all others. */
  readonly parts: readonly PartName[]
  readonly #simulator: Simulator
  readonly #listings: SimulatedListings
  /** Beside the listings. */
  readonly #others: readonly OpenCollection[]
  readonly #prng: Prng
  readonly #cacheLagMs: number
  readonly #journals = new Map<string, ViewJournal>()
  readonly #stampsBack = new Map<string, number[]>()
  readonly #began: number
  readonly #stop = new AbortController()
  #number = 0
  #isStill = false
  #running: Promise<void> | undefined

  constructor(options: {
    readonly simulator: Simulator
    /** What is replicated: whatever else there is stays as it is. */
    readonly resources: readonly JudgedResource[]
    readonly prng: Prng
    readonly cacheLagMs: number
  }) {
    const { simulator, resources } = options
    this.#simulator = simulator
    this.#listings = simulator.listings
    this.#others = simulator.collections.filter(
      ({ name }) => name !== simulator.listings.name && resources.some((resource) => resource.name === name),
    )
    this.parts = PART_KINDS.map(({ name }) => name).filter((name) =>
      resources.some(({ set }) => set?.part === name),
    )
    this.#prng = options.prng
    this.#cacheLagMs = options.cacheLagMs
    this.#began = simulator.now()
  }

  start(): void {
    this.#running = this.#run(this.#stop.signal)
  }

  /** Changes so far. */
  get changes(): number {
    return this.#number
  }

  /** When each key was, or may have been, invisible, by the name of its collection. */
  get hidden(): ReadonlyMap<string, ReadonlyMap<string, readonly Interval[]>> {
    this.#look()
    return new Map([...this.#journals].map(([name, { hidden }]) => [name, hidden]))
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
    const journal = this.#journal(this.#listings.name)
    const before = this.#simulator.now()
    const report = this.#listings.apply(command)
    const shownBy = this.#simulator.now() + this.#cacheLagMs
    const { action, keys } = report
    for (const [i, key] of keys.entries()) {
      if (action === 'remove' || action === 'leave' || (action === 'relist' && i % 2 === 0)) {
        journal.hide(key, before)
      } else if (action === 'return' || action === 'new' || action === 'relist') {
        journal.show(key, shownBy)
      }
    }
    return report
  }

  /** Other content, under a stamp that lies before the one that was shown. */
  setBack(keys: readonly string[], byMs: number, text: string): void {
    const stamp = Math.floor((this.#simulator.now() - byMs) / 1_000) * 1_000
    const fields = { ModificationTimestamp: new Date(stamp).toISOString(), Disclaimer: text }
    this.apply({ action: 'set', keys, fields })
    for (const key of keys) this.#stampsBack.set(key, [...(this.#stampsBack.get(key) ?? []), stamp])
  }

  /** Keys of listings that are in view, and whose stamps are from so long before this market began. */
  unmovedKeys(byMs: number): readonly string[] {
    return [...this.#listings.shownValues('ModificationTimestamp')].flatMap(([key, stamp]) =>
      typeof stamp === 'string' && Date.parse(stamp) < this.#began - byMs ? key : [],
    )
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
        this.#change(this.#number)
      }
      await sleep(15 + this.#prng.below(50), signal).catch(() => undefined)
    }
  }

  #change(number: number): void {
    const turn = number / MEDIA_EVERY
    if (Number.isInteger(turn)) this.apply({ action: 'media', part: pick(this.parts, turn) })
    else this.apply(this.#listings.usualCommand(number))
    for (const collection of this.#others) collection.tick(number)
    this.#look()
  }

  /** What comes and goes by itself. */
  #look(): void {
    for (const collection of this.#others) {
      collection.advance()
      this.#journal(collection.name).look(collection.gone, this.#simulator.now())
    }
  }

  #journal(name: string): ViewJournal {
    const journal = this.#journals.get(name) ?? new ViewJournal()
    this.#journals.set(name, journal)
    return journal
  }
}
