import { instant, type Instant } from '../domain/instant.ts'

const BUCKET_MS = 10 * 60_000
const DAY_MS = 24 * 60 * 60_000

/** How much was asked in the last day, to ten minutes. */
export class RequestTally {
  readonly #now: () => number
  readonly #begun: number
  readonly #buckets = new Map<number, number>()

  /** @param now milliseconds since 1970 */
  constructor(now: () => number) {
    this.#now = now
    this.#begun = now()
  }

  add(): void {
    const bucket = Math.floor(this.#now() / BUCKET_MS)
    this.#buckets.set(bucket, (this.#buckets.get(bucket) ?? 0) + 1)
    this.#forget()
  }

  /** `since`: a day ago, or when it was begun to count. */
  lastDay(): { readonly count: number; readonly since: Instant } {
    this.#forget()
    const count = [...this.#buckets.values()].reduce((sum, each) => sum + each, 0)
    return { count, since: instant(Math.max(this.#begun, this.#now() - DAY_MS)) }
  }

  #forget(): void {
    const oldest = Math.floor((this.#now() - DAY_MS) / BUCKET_MS)
    for (const bucket of this.#buckets.keys()) if (bucket < oldest) this.#buckets.delete(bucket)
  }
}
