/** Reads the whole numbers, texts and lists of an answer (https://kafka.apache.org/protocol). Throws a RangeError at its end. */
export class WireReader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  int8(): number {
    const value = this.#bytes.readInt8(this.#at)
    this.#at += 1
    return value
  }

  int16(): number {
    const value = this.#bytes.readInt16BE(this.#at)
    this.#at += 2
    return value
  }

  int32(): number {
    const value = this.#bytes.readInt32BE(this.#at)
    this.#at += 4
    return value
  }

  int64(): bigint {
    const value = this.#bytes.readBigInt64BE(this.#at)
    this.#at += 8
    return value
  }

  text(): string {
    return this.#take(this.int16()).toString('utf8')
  }

  nullableText(): string | null {
    const length = this.int16()
    return length < 0 ? null : this.#take(length).toString('utf8')
  }

  /** Null is empty. Not copied. */
  block(): Buffer {
    return this.#take(Math.max(0, this.int32()))
  }

  /** Null is empty. */
  list<T>(item: () => T): readonly T[] {
    const items: T[] = []
    for (let left = this.int32(); left > 0; left -= 1) items.push(item())
    return items
  }

  #take(length: number): Buffer {
    const end = this.#at + length
    if (length < 0 || end > this.#bytes.length) throw new RangeError('An answer of Kafka is cut.')
    const taken = this.#bytes.subarray(this.#at, end)
    this.#at = end
    return taken
  }
}
