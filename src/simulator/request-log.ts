/** One request to the API, as it was answered. */
export interface LoggedRequest {
  readonly method: string
  /** Path and query; the form of an overridden POST counts as query. */
  readonly url: string
  /** 0 if there was no answer. */
  readonly status: number
  /** Length of the body, as sent or as promised. */
  readonly bytes: number
  /** Milliseconds since 1970, by the simulator's clock. */
  readonly at: number
}

export interface RequestSummary {
  readonly requests: number
  readonly bytes: number
  /** Number of requests by path and status; single records count under `…/{Id}`. */
  readonly byPath: Readonly<Record<string, Readonly<Record<string, number>>>>
}

const KEPT = 10_000

/** What was asked: the latest requests one by one, and sums over all. */
export class RequestLog {
  readonly #latest: LoggedRequest[] = []
  readonly #byPath = new Map<string, Map<string, number>>()
  #requests = 0
  #bytes = 0

  add(request: LoggedRequest): void {
    this.#latest.push(request)
    if (this.#latest.length > 2 * KEPT) this.#latest.splice(0, KEPT)
    this.#requests += 1
    this.#bytes += request.bytes
    const path = (request.url.split('?')[0] ?? '').replace(/\/\d{26}(?=\/|$)/, '/{Id}')
    const counts = this.#byPath.get(path) ?? new Map<string, number>()
    this.#byPath.set(path, counts)
    counts.set(String(request.status), (counts.get(String(request.status)) ?? 0) + 1)
  }

  /** At least the last 10,000, oldest first. */
  get latest(): readonly LoggedRequest[] {
    return this.#latest
  }

  get summary(): RequestSummary {
    const byPath = Object.fromEntries(
      [...this.#byPath].map(([path, counts]) => [path, Object.fromEntries(counts)]),
    )
    return { requests: this.#requests, bytes: this.#bytes, byPath }
  }
}
