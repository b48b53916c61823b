import type { Prng } from '../prng.ts'
import type { SimulatedRecord } from './simulated-record.ts'

/** Records ascending by key: ids rise, and nothing is ever taken out. */
export class RecordStore<R extends SimulatedRecord> {
  readonly #records: R[] = []

  get size(): number {
    return this.#records.length
  }

  get all(): readonly R[] {
    return this.#records
  }

  /** Its key is above all others. */
  add(record: R): void {
    this.#records.push(record)
  }

  /** In view or not. */
  find(key: string): R | undefined {
    const record = this.#records[this.#indexAfter(key) - 1]
    return record?.key === key ? record : undefined
  }

  /** With keys above `after`, ascending, in view or not. */
  *after(after: string): Generator<R, void, undefined> {
    for (let i = this.#indexAfter(after); ; i += 1) {
      const record = this.#records[i]
      if (record === undefined) return
      yield record
    }
  }

  /** Every record once, from a random start in random strides. */
  *inChosenOrder(prng: Prng): Generator<R, void, undefined> {
    const { size } = this
    if (size === 0) return
    let stride = 1 + prng.below(size)
    while (greatestCommonDivisor(stride, size) !== 1) stride += 1
    let at = prng.below(size)
    for (let i = 0; i < size; i += 1) {
      const record = this.#records[at]
      if (record !== undefined) yield record
      at = (at + stride) % size
    }
  }

  #indexAfter(key: string): number {
    let low = 0
    let high = this.#records.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#records[middle]?.key ?? '') <= key) low = middle + 1
      else high = middle
    }
    return low
  }
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b)
}
