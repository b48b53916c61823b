/** Transactions of the largest size that are in time, until larger ones are tried again: each failure costs a timeout. */
const FULL_BEFORE_MORE = 50

/** How much a transaction may hold: half of what was too slow, and after a while without trouble twice as much again. */
export class SizeLimit {
  #most = Infinity
  #full = 0

  get most(): number {
    return this.#most
  }

  tooSlow(size: number): void {
    this.#most = Math.ceil(size / 2)
    this.#full = 0
  }

  inTime(size: number): void {
    if (size < this.#most) return
    this.#full += 1
    if (this.#full < FULL_BEFORE_MORE) return
    this.#most *= 2
    this.#full = 0
  }
}
