import { trackOf, type PassProgress, type PassTrack } from '../../domain/pass.ts'
import { RefusedRequestError } from '../../ops/http-errors.ts'

/** How a requested pass is to be run. */
export interface RequestedRun {
  /** Aborts with the feed; before the pass begins also when its requester goes. */
  readonly signal: AbortSignal
  /** To be called when it has the turn. */
  readonly onBegin: () => void
}

/**
 * Passes that are asked for over HTTP: of each kind and resource one waits, whatever number is asked for, and not for a requester who
 * has gone. One that has begun goes on without its requester.
 */
export class RequestedPasses {
  readonly #waiting = new Set<PassTrack>()

  /** @throws {ListingstreamError} PASS_WAITING if another one of its kind waits already */
  async run<T>(
    wanted: Pick<PassProgress, 'resource' | 'pass'>,
    { signal, gone }: { readonly signal: AbortSignal; readonly gone: AbortSignal },
    work: (run: RequestedRun) => Promise<T>,
  ): Promise<T> {
    const track = trackOf(wanted)
    if (this.#waiting.has(track)) throw new PassWaiting(wanted)
    const unwanted = new AbortController()
    const onGone = (): void => unwanted.abort(gone.reason)
    let waits = true
    const leave = (): void => {
      if (!waits) return
      waits = false
      this.#waiting.delete(track)
      gone.removeEventListener('abort', onGone)
    }
    this.#waiting.add(track)
    gone.addEventListener('abort', onGone, { once: true })
    if (gone.aborted) onGone()
    try {
      return await work({ signal: AbortSignal.any([signal, unwanted.signal]), onBegin: leave })
    } finally {
      leave()
    }
  }
}

class PassWaiting extends RefusedRequestError {
  constructor({ resource, pass }: Pick<PassProgress, 'resource' | 'pass'>) {
    super(
      409,
      `${pass === 'update' ? 'An' : 'A'} ${pass} of ${resource} that was asked for waits for its turn already. Ask again when it has run; GET /status tells.`,
      { code: 'PASS_WAITING', retryable: true },
    )
  }
}
