import { instant, type Instant, type Millis } from '../../src/listing/instant.ts'
import type { Clock } from '../../src/replication/ports.ts'

interface Sleeper {
  readonly ms: Millis
  readonly due: Instant
  readonly wake: () => void
}

/** A clock that stands still until it is moved; sleepers wake when it passes their time. */
export class ManualClock implements Clock {
  #now: Instant
  readonly #sleepers = new Set<Sleeper>()
  #changed = Promise.withResolvers<void>()

  constructor(now: Instant) {
    this.#now = now
  }

  now(): Instant {
    return this.#now
  }

  async sleep(ms: Millis, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    if (ms <= 0) return
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const sleeper = { ms, due: instant(this.#now + ms), wake: resolve }
    const onAbort = (): void => reject(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    this.#sleepers.add(sleeper)
    this.#tell()
    try {
      await promise
    } finally {
      this.#sleepers.delete(sleeper)
      signal.removeEventListener('abort', onAbort)
      this.#tell()
    }
  }

  advance(ms: Millis): void {
    this.#now = instant(this.#now + ms)
    for (const sleeper of this.#sleepers) {
      if (sleeper.due > this.#now) continue
      this.#sleepers.delete(sleeper)
      sleeper.wake()
    }
  }

  /** Lengths of the sleeps under way. */
  sleeping(): readonly Millis[] {
    return [...this.#sleepers].map(({ ms }) => ms)
  }

  /** Resolves as soon as somebody sleeps for `ms`. */
  async sleeperOf(ms: Millis): Promise<void> {
    while (!this.sleeping().includes(ms)) await this.#changed.promise
  }

  /** Waits for a sleep of `ms` and lets it end. */
  async pass(ms: Millis): Promise<void> {
    await this.sleeperOf(ms)
    this.advance(ms)
  }

  #tell(): void {
    this.#changed.resolve()
    this.#changed = Promise.withResolvers()
  }
}
