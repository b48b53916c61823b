const NEVER = new AbortController().signal

/** Lets so many run at a time; the others wait in their order. */
export class Slots {
  #free: number
  /** In their order: who has left is not in it. */
  readonly #waiting = new Set<() => void>()

  constructor(count: number) {
    this.#free = count
  }

  /** @param signal whose abort ends the waiting; of what runs it says nothing */
  async run<T>(work: () => Promise<T>, signal: AbortSignal = NEVER): Promise<T> {
    await this.#turn(signal)
    try {
      return await work()
    } finally {
      const [next] = this.#waiting
      if (next === undefined) this.#free += 1
      else next()
    }
  }

  async #turn(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    if (this.#free > 0) {
      this.#free -= 1
      return
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const leave = (): void => {
      this.#waiting.delete(begin)
      signal.removeEventListener('abort', onAbort)
    }
    const begin = (): void => {
      leave()
      resolve()
    }
    const onAbort = (): void => {
      leave()
      reject(signal.reason)
    }
    this.#waiting.add(begin)
    signal.addEventListener('abort', onAbort, { once: true })
    await promise
  }
}
