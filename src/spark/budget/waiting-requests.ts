import type { Millis } from '../../domain/instant.ts'
import { REQUEST_PURPOSES, type RequestPurpose } from '../../domain/request-purpose.ts'
import type { CountByPurpose } from '../../domain/request-budget.ts'

export interface WaitingRequest {
  readonly purpose: RequestPurpose
  readonly since: Millis
  readonly send: () => void
}

/** Lower goes first. */
const RANKS: CountByPurpose = { update: 0, question: 1, media: 1, walk: 2 }
const LAST_RANK = Math.max(...REQUEST_PURPOSES.map((purpose) => RANKS[purpose]))

/** By priority, and in the order of their coming where that is the same. */
export class WaitingRequests {
  readonly #byRank: readonly WaitingRequest[][] = Array.from({ length: LAST_RANK + 1 }, () => [])

  add(request: WaitingRequest): void {
    this.#byRank[RANKS[request.purpose]]?.push(request)
  }

  /** False if it is not there any more. */
  remove(request: WaitingRequest): boolean {
    const queue = this.#byRank[RANKS[request.purpose]] ?? []
    const place = queue.indexOf(request)
    if (place !== -1) queue.splice(place, 1)
    return place !== -1
  }

  first(): WaitingRequest | undefined {
    return this.#byRank.find((queue) => queue.length > 0)?.[0]
  }

  counts(): CountByPurpose {
    const counts = { update: 0, question: 0, media: 0, walk: 0 }
    for (const { purpose } of this.#byRank.flat()) counts[purpose] += 1
    return counts
  }
}
