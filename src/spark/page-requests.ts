/** The requests that a walk makes for its pages. */
import type { WalkRequest } from '../replication/ports.ts'
import { recordsBodyBytes } from './body-limits.ts'
import type { TokenListener } from './page-body.ts'
import type { PageSize } from './page-size.ts'
import { get } from './query.ts'
import { selected } from './records.ts'
import { SparkTimeoutError, type SparkApiError } from './spark-api-error.ts'
import type { CallAfter, SparkClient, Success } from './spark-client.ts'

/** A page that the API cannot make in time is asked for in halves, down to this. */
const SMALLEST_LIMIT = 50

/** A page that was asked for. */
export class PageRequest {
  readonly token: string
  readonly answer: Promise<Success>
  readonly #asked: { limit: number }
  readonly #stop = new AbortController()
  #foreseen: string | undefined
  #onToken: TokenListener | undefined

  constructor(client: SparkClient, walk: WalkRequest, limit: number, signal: AbortSignal) {
    this.token = walk.token
    this.#asked = { limit }
    const call = pageCall(walk, this.#asked, (token) => this.#foresee(token))
    this.answer = client.succeed(call, AbortSignal.any([signal, this.#stop.signal]))
    // Whoever takes it sees what became of it.
    this.answer.catch(() => undefined)
  }

  /** Rows that the last attempt asked for. */
  get limit(): number {
    return this.#asked.limit
  }

  /** Tells what the page probably names next, as soon as that is known. */
  whenForeseen(listener: TokenListener): void {
    this.#onToken = listener
    if (this.#foreseen !== undefined) listener(this.#foreseen)
  }

  /** Resolves when nothing of it is under way any more. */
  async stop(): Promise<void> {
    this.#stop.abort()
    await this.answer.catch(() => undefined)
  }

  #foresee(token: string): void {
    this.#foreseen = token
    this.#onToken?.(token)
  }
}

/**
 * One after the other, and one ahead at most: the next page is asked for as soon as its token is foreseen, and comes while this
 * one is read. Where the page names another one in the end, that was for nothing.
 */
export class PageRequests implements AsyncDisposable {
  readonly #client: SparkClient
  readonly #size: PageSize
  readonly #signal: AbortSignal
  #ahead: PageRequest | undefined
  #isOver = false

  constructor(client: SparkClient, size: PageSize, signal: AbortSignal) {
    this.#client = client
    this.#size = size
    this.#signal = signal
  }

  async ask(walk: WalkRequest): Promise<PageRequest> {
    const ahead = this.#ahead
    this.#ahead = undefined
    if (ahead !== undefined && ahead.token !== walk.token) await ahead.stop()
    const request = ahead?.token === walk.token ? ahead : this.#send(walk)
    request.whenForeseen((token) => this.#lookAhead(walk, token))
    return request
  }

  #lookAhead(walk: WalkRequest, token: string): void {
    // While a row is looked for that cannot be read, nobody knows where the pages will end.
    if (this.#isOver || this.#ahead !== undefined || this.#size.isReduced || token === walk.token) return
    this.#ahead = this.#send({ ...walk, token })
  }

  #send(walk: WalkRequest): PageRequest {
    return new PageRequest(this.#client, walk, this.#size.limit, this.#signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true
    await this.#ahead?.stop()
  }
}

/** `asked.limit` becomes what the last attempt asked for. */
function pageCall(
  { resource, filter, select, token, purpose }: WalkRequest,
  asked: { limit: number },
  onToken: TokenListener,
): CallAfter {
  return (last) => {
    if (isTooMuch(last)) {
      asked.limit = Math.min(asked.limit, Math.max(SMALLEST_LIMIT, Math.floor(asked.limit / 2)))
    }
    const call = get(purpose, resource.path, {
      _limit: String(asked.limit),
      ...selected(resource, select),
      _filter: filter === '' ? undefined : filter,
      _skiptoken: token,
    })
    const largestBody = recordsBodyBytes(asked.limit)
    return { ...call, pageOf: resource, ofKeys: select !== 'everything', onToken, largestBody }
  }
}

/** 1515, or no answer in time from our side: fewer rows may do (docs/spark-api.md §3.3). */
function isTooMuch(last: SparkApiError | undefined): boolean {
  return last?.apiCode === 1515 || last instanceof SparkTimeoutError
}
