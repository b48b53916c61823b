/** Runs tasks one at a time, in the order they were given. A task that fails does not stop the next one. */
export class SerialQueue {
  #tail: Promise<unknown> = Promise.resolve()

  run<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(task)
    this.#tail = result.catch(() => undefined)
    return result
  }

  /** Resolves when every task given so far has ended. */
  async idle(): Promise<void> {
    await this.#tail
  }
}
