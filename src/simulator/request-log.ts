import { servicePath } from './api/service-path.ts'

/** One request to the API, as it was answered. */
export interface LoggedRequest {
  /** `x-request-id` of the answer. */
  readonly id: string
  /** `X-Request-Id-Chain` of the request: whatever the client wants to be found by. */
  readonly chain: string | undefined
  readonly method: string
  /** Name of the API key that asked; `unknown` for a token that belongs to none. */
  readonly key: string
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
  readonly byPath: CountsByStatus
  /** The same by API key. */
  readonly byKey: CountsByStatus
}

type CountsByStatus = Readonly<Record<string, Readonly<Record<string, number>>>>

const KEPT = 10_000

/** What was asked: the latest requests one by one, and sums over all. */
export class RequestLog {
  readonly #latest: LoggedRequest[] = []
  readonly #byPath = new StatusCounts()
  readonly #byKey = new StatusCounts()
  #requests = 0
  #bytes = 0

  add(request: LoggedRequest): void {
    this.#latest.push(request)
    if (this.#latest.length > 2 * KEPT) this.#latest.splice(0, KEPT)
    this.#requests += 1
    this.#bytes += request.bytes
    this.#byPath.add(servicePath(request.url.split('?')[0] ?? ''), request.status)
    this.#byKey.add(request.key, request.status)
  }

  /** At least the last 10,000, oldest first. */
  get latest(): readonly LoggedRequest[] {
    return this.#latest
  }

  get summary(): RequestSummary {
    return {
      requests: this.#requests,
      bytes: this.#bytes,
      byPath: this.#byPath.counts,
      byKey: this.#byKey.counts,
    }
  }
}

class StatusCounts {
  readonly #counts = new Map<string, Map<string, number>>()

  add(name: string, status: number): void {
    const counts = this.#counts.get(name) ?? new Map<string, number>()
    this.#counts.set(name, counts)
    counts.set(String(status), (counts.get(String(status)) ?? 0) + 1)
  }

  get counts(): CountsByStatus {
    return Object.fromEntries([...this.#counts].map(([name, counts]) => [name, Object.fromEntries(counts)]))
  }
}
