/**
 * One key's requests within what the source takes of it: never more than the rate in any window, those that cannot wait
 * first. One stands before all sources of a process; another process with the same key it cannot see, but for the refusals.
 */
import type { Instant, Millis } from '../../domain/instant.ts'
import { BUDGET_SHARES, type BudgetReport, type BudgetWatcher } from '../../domain/request-budget.ts'
import type { RequestPurpose } from '../../domain/request-purpose.ts'
import type { Timer } from '../../support/timer.ts'
import type { HttpRequest, HttpResponse, Transport } from '../transport.ts'
import { GrantedRate } from './granted-rate.ts'
import { RequestWindow } from './request-window.ts'
import { slowDownOf, type SlowDown } from './slow-down.ts'
import { WaitingRequests, type WaitingRequest } from './waiting-requests.ts'

/** Walks go evenly through a window that is fuller than this, so that they slow down rather than stop. */
const EVEN_FROM = 0.5

/** Nothing is sent for so long after a refusal that does not say for how long; twice as long after each further one. */
const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 60_000

export interface RequestLimiterOptions {
  /** Disposed of with the limiter. */
  readonly transport: Transport & AsyncDisposable
  /** Requests in any window, at least 1. */
  readonly rate: number
  readonly windowMs: Millis
  readonly timer: Timer
  /** For a `Retry-After` that is a date, of an answer that has none. */
  readonly now: () => Instant
  readonly watcher: BudgetWatcher
}

/** Has no timer while nothing waits. */
export class RequestLimiter implements Transport, AsyncDisposable {
  readonly host: string
  readonly #options: RequestLimiterOptions
  readonly #window: RequestWindow
  readonly #granted: GrantedRate
  readonly #waiting = new WaitingRequests()
  #lastAt = -Infinity
  #lastWalkAt = -Infinity
  #alarm: AbortController | undefined
  /** Nothing is sent before. */
  #pausedUntil = -Infinity
  /** Refusals for the rate since the last answer that was none. While there are any, one request at a time is tried. */
  #refusals = 0
  /** How often it was refused: the answers to what was under way by then say nothing new. */
  #pauses = 0
  #tellsOfLimit = true

  constructor(options: RequestLimiterOptions) {
    this.#options = options
    this.host = options.transport.host
    this.#window = new RequestWindow(options.windowMs)
    this.#granted = new GrantedRate(options.rate, options.windowMs)
  }

  report(): BudgetReport {
    const now = this.#now()
    return {
      limit: this.#options.rate,
      granted: this.#granted.at(now),
      used: this.#window.usedBy(now),
      waiting: this.#waiting.counts(),
    }
  }

  /** One that still waits when the signal aborts leaves at once, and does not count. */
  async send(request: HttpRequest, onSend: () => void, signal: AbortSignal): Promise<HttpResponse> {
    const { purpose } = request
    await this.#turn(purpose, signal)
    const sentAfter = this.#pauses
    try {
      const response = await this.#options.transport.send(request, onSend, signal)
      this.#learn(slowDownOf(response, this.#options.now()), sentAfter)
      return response
    } finally {
      this.#window.ended(purpose, this.#now())
      this.#next()
    }
  }

  async #turn(purpose: RequestPurpose, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const request: WaitingRequest = { purpose, since: this.#now(), send: resolve }
    const onAbort = (): void => {
      if (!this.#waiting.remove(request)) return
      reject(signal.reason)
      this.#next()
    }
    this.#waiting.add(request)
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      this.#next()
      await promise
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }

  /** Sends what may be sent now, and sets the alarm for what may be sent later. */
  #next(): void {
    this.#alarm?.abort()
    this.#alarm = undefined
    for (;;) {
      const first = this.#waiting.first()
      if (first === undefined) return
      const now = this.#now()
      const wait = this.#waitOf(first.purpose, now)
      if (wait > 0) return this.#waitFor(first, wait)
      this.#waiting.remove(first)
      this.#window.sent(first.purpose)
      this.#lastAt = now
      if (first.purpose === 'walk') this.#lastWalkAt = now
      this.#options.watcher.sent(first.purpose, now - first.since)
      first.send()
    }
  }

  /** Infinity: until an answer comes. */
  #waitOf(purpose: RequestPurpose, now: Millis): Millis {
    if (this.#refusals > 0 && this.#window.underWay > 0) return Infinity
    const { rate } = this.#options
    const room = Math.ceil(rate * BUDGET_SHARES[purpose])
    const used = this.#window.used(now)
    const at = [now, this.#pausedUntil, this.#grantedAt(purpose, now)]
    if (used >= room) at.push(this.#window.freeAt(used - room + 1, now) ?? Infinity)
    else if (purpose === 'walk' && used > EVEN_FROM * rate) at.push(this.#evenAt(room, used, now))
    return Math.max(...at) - now
  }

  /** While the source grants less than the rate, all go evenly: how it counts is not known, only how many it took. */
  #grantedAt(purpose: RequestPurpose, now: Millis): Millis {
    const granted = this.#granted.at(now)
    if (granted >= this.#options.rate) return now
    return this.#lastAt + this.#options.windowMs / (granted * BUDGET_SHARES[purpose])
  }

  /** When the next walk may go: evenly over the window, and so that what is left lasts until a request leaves it. */
  #evenAt(room: number, used: number, now: Millis): Millis {
    const even = this.#options.windowMs / room
    const untilFree = (this.#window.freeAt(1, now) ?? now) - now
    return this.#lastWalkAt + Math.max(even, untilFree / (room - used))
  }

  #waitFor({ purpose, since }: WaitingRequest, ms: Millis): void {
    if (ms === Infinity) return
    this.#options.watcher.waits(purpose, this.#now() + ms - since)
    const alarm = new AbortController()
    this.#alarm = alarm
    // The rejection is our own abort.
    this.#options.timer.sleep(Math.ceil(ms), alarm.signal).then(
      () => this.#next(),
      () => undefined,
    )
  }

  #learn(slowDown: SlowDown | undefined, sentAfter: number): void {
    const now = this.#now()
    const isNew = sentAfter === this.#pauses
    if (slowDown === undefined) {
      if (isNew) this.#refusals = 0
      return this.#tellRegained(now)
    }
    const { isOverRate, retryAfterMs } = slowDown
    const isRefusal = isOverRate && isNew
    if (isRefusal || retryAfterMs !== undefined) {
      const pause = retryAfterMs ?? Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#refusals)
      // A window later what was sent before no longer counts; whoever was told to wait for longer does so by itself.
      const held = Math.min(pause, this.#options.windowMs)
      this.#pausedUntil = Math.max(this.#pausedUntil, now + held)
    }
    if (!isRefusal) return
    // What is refused when it is tried again says that the pause was too short, and nothing of the rate.
    if (this.#refusals === 0) this.#lower(now)
    this.#refusals += 1
    this.#pauses += 1
  }

  #lower(now: Millis): void {
    this.#granted.lower(this.#window.used(now), now)
    this.#tellsOfLimit = false
    this.#options.watcher.granted(this.#granted.at(now), this.#options.rate)
  }

  #tellRegained(now: Millis): void {
    const { rate, watcher } = this.#options
    if (this.#tellsOfLimit || this.#granted.at(now) < rate) return
    this.#tellsOfLimit = true
    watcher.granted(rate, rate)
  }

  #now(): Millis {
    return this.#options.timer.monotonic()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#options.transport[Symbol.asyncDispose]()
  }
}
