/** Reads variable-length whole numbers, zigzag-encoded, as Kafka's records have them. Throws a RangeError at the end of the bytes. */
export class VarintReader {
  readonly bytes: Buffer
  at: number

  constructor(bytes: Buffer, at = 0) {
    this.bytes = bytes
    this.at = at
  }

  /** 32 bits. */
  int(): number {
    const first = this.bytes[this.at]
    if (first === undefined || first >= 0x80) return this.#longInt()
    this.at += 1
    return (first >>> 1) ^ -(first & 1)
  }

  #longInt(): number {
    let value = 0
    for (let shift = 0; shift <= 28; shift += 7) {
      const byte = this.#byte()
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return (value >>> 1) ^ -(value & 1)
    }
    throw new RangeError('A number is longer than 32 bits.')
  }

  /** 64 bits; exact below 2^52. */
  long(): number {
    let value = 0
    for (let factor = 1, left = 10; left > 0; factor *= 0x80, left -= 1) {
      const byte = this.#byte()
      value += (byte & 0x7f) * factor
      if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2
    }
    throw new RangeError('A number is longer than 64 bits.')
  }

  #byte(): number {
    const byte = this.bytes[this.at]
    if (byte === undefined) throw new RangeError('The bytes end within a record.')
    this.at += 1
    return byte
  }
}
