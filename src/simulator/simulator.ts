import { Api } from './api/api.ts'
import { changedBehaviour, DEFAULT_BEHAVIOUR } from './behaviour.ts'
import type { Behaviour } from './behaviour.ts'
import { FaultScript } from './faults.ts'
import { DEFINITION_ORDER } from './api/key-order.ts'
import { Market } from './market.ts'
import { RequestLog } from './request-log.ts'
import type { FieldSet } from './collections/listings/standard-fields.ts'
import { trickle } from './trickle.ts'

export interface SimulatorOptions {
  /** Listings at the start. @default 1000 */
  readonly listings?: number
  /** The same seed gives the same listings and the same changes. @default 1 */
  readonly seed?: number
  /** @default 'simulator-token' */
  readonly accessToken?: string
  /** Milliseconds since 1970. @default Date.now */
  readonly clock?: () => number
  /** End of the generated past: first listings have no later stamp. @default 2026-01-01, or the clock if that is earlier */
  readonly epoch?: number
  /** MLSs in the data share. @default 1 */
  readonly mlsCount?: number
  /** About 150 fields, or about 430. @default 'standard' */
  readonly fields?: FieldSet
  /** Longest time in milliseconds until a change is visible (docs/spark-api.md §2.9). @default 0 */
  readonly cacheLagMs?: number
  readonly behaviour?: Partial<Behaviour>
}

/** What the API would answer, told by the other side. */
export interface Truth {
  /** `StandardFields` of every visible listing, by key. */
  readonly listings: ReadonlyMap<string, Readonly<Record<string, unknown>>>
  /** Keys that were visible once and are no more. */
  readonly deleted: ReadonlySet<string>
}

const EPOCH = Date.UTC(2026, 0, 1)

/** The state behind the API: what it answers to parsed requests, and what makes it change. Nothing here is HTTP. */
export class Simulator {
  #accessToken: string
  readonly market: Market
  readonly faults = new FaultScript()
  readonly requests = new RequestLog()
  readonly api: Api
  readonly seed: number
  readonly #options: SimulatorOptions
  #behaviour: Behaviour
  #clockOffset = 0
  #trickle: { readonly stop: AbortController; readonly ended: Promise<void> } | undefined

  constructor(options: SimulatorOptions) {
    this.#options = options
    this.#behaviour = changedBehaviour(DEFAULT_BEHAVIOUR, options.behaviour ?? {})
    this.#accessToken = options.accessToken ?? 'simulator-token'
    this.seed = options.seed ?? 1
    const epoch = options.epoch ?? Math.min(EPOCH, this.now())
    this.market = new Market({
      listings: options.listings ?? 1000,
      seed: this.seed,
      epoch,
      mlsCount: options.mlsCount ?? 1,
      fields: options.fields ?? 'standard',
      cacheLagMs: options.cacheLagMs ?? 0,
      now: () => this.now(),
    })
    const { market, seed } = this
    this.api = new Api({
      market,
      accessToken: () => this.#accessToken,
      seed,
      epoch,
      behaviour: () => this.#behaviour,
    })
  }

  get accessToken(): string {
    return this.#accessToken
  }

  /** From now on only this one is accepted: of the same user, as when a key is renewed. */
  rotateToken(accessToken: string): void {
    this.#accessToken = accessToken
  }

  get behaviour(): Behaviour {
    return this.#behaviour
  }

  /** @throws {z.ZodError} */
  configure(change: Partial<Behaviour>): void {
    this.#behaviour = changedBehaviour(this.#behaviour, change)
  }

  /** Milliseconds since 1970. */
  now(): number {
    return (this.#options.clock ?? Date.now)() + this.#clockOffset
  }

  advanceClock(ms: number): void {
    this.#clockOffset += ms
    this.market.advance()
  }

  /** Changes the market by itself, so many times a minute, until `stop`. */
  start(ratePerMinute: number): void {
    void this.stop()
    const stop = new AbortController()
    this.#trickle = { stop, ended: trickle(this.market, ratePerMinute, this.seed, stop.signal) }
  }

  async stop(): Promise<void> {
    const running = this.#trickle
    this.#trickle = undefined
    running?.stop.abort()
    await running?.ended
  }

  /** One line of JSON for each visible listing, as the API would serve it, in order of definition. */
  *truthLines(expand: ReadonlySet<string> = new Set()): Generator<string, void, undefined> {
    this.market.advance()
    const render = this.api.listings.renderer({ select: undefined, expand }, DEFINITION_ORDER)
    for (const listing of this.market.rows('')) yield render(listing)
  }

  truth(): Truth {
    const listings = new Map<string, Readonly<Record<string, unknown>>>()
    for (const line of this.truthLines()) {
      const { Id, StandardFields } = JSON.parse(line) as {
        Id: string
        StandardFields: Record<string, unknown>
      }
      listings.set(Id, StandardFields)
    }
    return { listings, deleted: new Set(this.market.gone) }
  }
}
