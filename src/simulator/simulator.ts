import { InvariantViolation } from '../support/errors.ts'
import type { ApiRequest } from './api/api-request.ts'
import { ApiFailure, failureText } from './api/envelope.ts'
import { DEFINITION_ORDER } from './api/key-order.ts'
import { jsonReply } from './api/reply.ts'
import type { Reply } from './api/reply.ts'
import { ApiKeys } from './api-keys.ts'
import { changedBehaviour, DEFAULT_BEHAVIOUR } from './behaviour.ts'
import type { Behaviour } from './behaviour.ts'
import listings from './collections/listings.ts'
import type { SimulatedListings } from './collections/listings.ts'
import { dataShare } from './data-share.ts'
import type { Mls } from './data-share.ts'
import { FaultScript } from './faults.ts'
import type { Fault } from './faults.ts'
import { IssuedTokens } from './issued-tokens.ts'
import { hash32, hashText } from './prng.ts'
import type { FieldSet } from './records/collection-definition.ts'
import type { Collection } from './records/define-collection.ts'
import type { OpenCollection } from './records/open-collection.ts'
import { RateLimiter } from './rate-limiter.ts'
import { RequestLog } from './request-log.ts'
import { identityOf } from './services/identity.ts'
import type { Identity } from './services/identity.ts'
import { keyUser } from './services/key-user.ts'
import type { KeyUser } from './services/key-user.ts'
import { Services } from './services/services.ts'
import { trickle } from './trickle.ts'

export interface SimulatorOptions {
  /** Listings at the start; other collections begin in proportion. @default 1000 */
  readonly listings?: number
  /** What there is beside listings. @default nothing */
  readonly collections?: readonly Collection[]
  /** The same seed gives the same records and the same changes. @default 1 */
  readonly seed?: number
  /** Token of the first key, `simulator-key`. @default 'simulator-token' */
  readonly accessToken?: string
  /** Milliseconds since 1970. @default Date.now */
  readonly clock?: () => number
  /** End of the generated past: first records have no later stamp. @default 2026-01-01, or the clock if that is earlier */
  readonly epoch?: number
  /** MLSs in the data share. @default 2 */
  readonly mlsCount?: number
  /** About 150 fields of a listing, or about 430. @default 'standard' */
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
  readonly dataShare: readonly Mls[]
  /** Whom the access token stands for. */
  readonly user: KeyUser
  readonly listings: SimulatedListings
  /** All of them, listings first. */
  readonly collections: readonly OpenCollection[]
  readonly faults = new FaultScript()
  readonly requests = new RequestLog()
  readonly keys: ApiKeys
  readonly tokens = new IssuedTokens()
  readonly #limiter = new RateLimiter()
  readonly #services: Services
  readonly #clock: () => number
  #behaviour: Behaviour
  #clockOffset = 0
  #trickle: { readonly stop: AbortController; readonly ended: Promise<void> } | undefined

  constructor(options: SimulatorOptions) {
    const { listings: count = 1000, seed = 1, mlsCount = 2, clock = Date.now } = options
    this.#clock = clock
    this.#behaviour = changedBehaviour(DEFAULT_BEHAVIOUR, options.behaviour ?? {})
    this.keys = new ApiKeys({
      key: 'simulator-key',
      secret: 'simulator-secret',
      accessToken: options.accessToken ?? 'simulator-token',
    })
    this.dataShare = dataShare(mlsCount)
    const epoch = options.epoch ?? Math.min(EPOCH, this.now())
    const settings = {
      listings: count,
      seed,
      epoch,
      dataShare: this.dataShare,
      fields: options.fields ?? 'standard',
      cacheLagMs: options.cacheLagMs ?? 0,
      now: () => this.now(),
      behaviour: () => this.#behaviour,
      firstIn: (name: string, hash: number) => this.collection(name)?.first(hash) ?? null,
      ownedBy: (name: string, key: string) => this.collection(name)?.ownedBy(key) ?? [],
      touchListings: (keys: readonly string[], at: number) =>
        void this.listings.apply({ action: 'touch', keys, at }),
    }
    this.listings = listings.open(settings)
    const others = (options.collections ?? []).filter((collection) => collection !== listings)
    this.collections = [
      this.listings,
      // Seeds of their own, so that they do not share keys with the listings.
      ...others.map((other) => other.open({ ...settings, seed: hash32(seed, hashText(other.name)) })),
    ]
    requireDistinct(this.collections)
    this.user = keyUser(settings)
    this.#services = new Services({
      collections: this.collections,
      listings: this.listings,
      dataShare: this.dataShare,
      user: this.user,
      credentials: { keys: this.keys, tokens: this.tokens },
      now: () => this.now(),
      epoch,
      behaviour: () => this.#behaviour,
    })
  }

  get accessToken(): string {
    return this.keys.first.accessToken
  }

  /** From now on only this one is accepted: of the same user, as when a key is renewed. */
  rotateToken(accessToken: string): void {
    this.keys.renewFirst(accessToken)
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
    return this.#clock() + this.#clockOffset
  }

  advanceClock(ms: number): void {
    this.#clockOffset += ms
    this.advance()
  }

  /** Brings to light what is due by the clock. Called before anything is read. */
  advance(): void {
    for (const collection of this.collections) collection.advance()
  }

  /** Rises with everything that a reader of the API could notice. */
  get revision(): number {
    return this.collections.reduce((sum, { revision }) => sum + revision, 0)
  }

  collection(name: string): OpenCollection | undefined {
    return this.collections.find((collection) => collection.name === name)
  }

  identityOf(request: ApiRequest): Identity {
    return identityOf(request, { keys: this.keys, tokens: this.tokens }, this.now())
  }

  /** Counts a request of the key, and answers it if it is one too many. */
  limited(key: string): Reply | undefined {
    const { rateLimit, retryAfterSent } = this.#behaviour
    const waitMs = rateLimit === null ? 0 : this.#limiter.take(key, rateLimit, this.now())
    if (waitMs === 0) return undefined
    const reply = jsonReply(429, failureText(new ApiFailure(429, 1550, 'Over rate limit'), DEFINITION_ORDER))
    if (!retryAfterSent) return reply
    return { ...reply, headers: { ...reply.headers, 'Retry-After': String(Math.ceil(waitMs / 1000)) } }
  }

  answer(request: ApiRequest, fault: Fault | undefined): Reply {
    this.advance()
    return this.#services.answer(request, fault)
  }

  /** Changes the market by itself, so many times a minute, until `stop`. */
  start(ratePerMinute: number): void {
    void this.stop()
    const stop = new AbortController()
    const tick = (number: number): void => {
      for (const collection of this.collections) collection.tick(number)
    }
    this.#trickle = { stop, ended: trickle(tick, ratePerMinute, stop.signal) }
  }

  async stop(): Promise<void> {
    const running = this.#trickle
    this.#trickle = undefined
    running?.stop.abort()
    await running?.ended
  }

  /** One line of JSON for each visible listing, as the API would serve it, in order of definition. */
  truthLines(expand: ReadonlySet<string> = new Set()): Iterable<string> {
    return this.listings.truthLines(expand)
  }

  truth(): Truth {
    return { listings: this.listings.truth(), deleted: new Set(this.listings.gone) }
  }
}

function requireDistinct(collections: readonly OpenCollection[]): void {
  for (const property of ['name', 'path'] as const) {
    if (new Set(collections.map((collection) => collection[property])).size < collections.length) {
      throw new InvariantViolation(`Two collections of the simulator have the same ${property}.`)
    }
  }
}
