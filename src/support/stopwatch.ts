export class Stopwatch {
  #started: number | undefined

  start(): void {
    this.#started = performance.now()
  }

  /** 0 before the start. */
  elapsedMs(): number {
    return this.#started === undefined ? 0 : performance.now() - this.#started
  }
}
