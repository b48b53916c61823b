import type { LogRecord } from './log-record.ts'

/** Finds the headers of some names where they lie: the others are passed over, and nothing is copied. */
export class HeaderFinder {
  readonly #names: readonly Buffer[]
  /** Of the names; those of buffers are slower to be had. */
  readonly #lengths: readonly number[]
  readonly #starts: Int32Array
  readonly #ends: Int32Array
  #bytes: Buffer = Buffer.alloc(0)

  constructor(names: readonly string[]) {
    this.#names = names.map((name) => Buffer.from(name))
    this.#lengths = this.#names.map(({ length }) => length)
    this.#starts = new Int32Array(names.length)
    this.#ends = new Int32Array(names.length)
  }

  /**
   * From now on the answers are about this record. Of a repeated name the last header counts, as in `KafkaRecord.headers`.
   *
   * @throws {KafkaError} KAFKA_BATCH_DAMAGED
   */
  find(record: Pick<LogRecord, 'visitHeaders'>): void {
    this.#starts.fill(-1)
    record.visitHeaders(this.#visit)
  }

  /** What the places are places in. */
  get bytes(): Buffer {
    return this.#bytes
  }

  /** Where the value of the name at this position begins; −1 if it has none. */
  startOf(position: number): number {
    return this.#starts[position] ?? -1
  }

  endOf(position: number): number {
    return this.#ends[position] ?? -1
  }

  readonly #visit = (
    bytes: Buffer,
    nameAt: number,
    nameEnd: number,
    valueAt: number,
    valueEnd: number,
  ): void => {
    this.#bytes = bytes
    const length = nameEnd - nameAt
    for (let position = 0; position < this.#names.length; position += 1) {
      if (this.#lengths[position] !== length || !isAt(bytes, nameAt, this.#names[position], length)) continue
      this.#starts[position] = valueAt
      this.#ends[position] = valueEnd
    }
  }
}

function isAt(bytes: Buffer, at: number, name: Buffer | undefined, length: number): boolean {
  for (let i = 0; i < length; i += 1) if (bytes[at + i] !== name?.[i]) return false
  return true
}
