/** Wakes whoever waits for something to change. Take `next`, look, and then wait for it: no change is missed in between. */
export class Pulse {
  #next = Promise.withResolvers<void>()

  get next(): Promise<void> {
    return this.#next.promise
  }

  beat(): void {
    const { resolve } = this.#next
    this.#next = Promise.withResolvers()
    resolve()
  }
}
