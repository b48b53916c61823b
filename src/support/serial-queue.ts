interface Waiting {
  begin(): void
}

/** Runs tasks one at a time, in the order they were given. A task that fails does not stop the next one. */
export class SerialQueue {
  readonly #waiting: Waiting[] = []
  #isBusy = false
  #idle: PromiseWithResolvers<void> | undefined

  /**
   * With a signal: a task that still waits when it aborts never begins; it rejects at once and is forgotten. One that has
   * begun is not touched.
   */
  async run<T>(task: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted()
    const turn = this.#turn(signal)
    if (!this.#isBusy) this.#next()
    await turn
    try {
      return await task()
    } finally {
      this.#next()
    }
  }

  /** Resolves when no task runs or waits. */
  async idle(): Promise<void> {
    if (!this.#isBusy) return
    this.#idle ??= Promise.withResolvers()
    await this.#idle.promise
  }

  async #turn(signal: AbortSignal | undefined): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const waiting: Waiting = { begin: resolve }
    const onAbort = (): void => {
      const place = this.#waiting.indexOf(waiting)
      if (place === -1) return
      this.#waiting.splice(place, 1)
      reject(signal?.reason)
    }
    this.#waiting.push(waiting)
    signal?.addEventListener('abort', onAbort, { once: true })
    try {
      await promise
    } finally {
      signal?.removeEventListener('abort', onAbort)
    }
  }

  /** Hands the turn on, so that nobody comes between. */
  #next(): void {
    const next = this.#waiting.shift()
    this.#isBusy = next !== undefined
    if (next !== undefined) {
      next.begin()
      return
    }
    this.#idle?.resolve()
    this.#idle = undefined
  }
}
