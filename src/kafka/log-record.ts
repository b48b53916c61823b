/** The records of a batch: KIP-98, "Record". */
import { damaged, type LogBatch } from './log-batch.ts'
import { VarintReader } from './varints.ts'

export interface KafkaRecord {
  readonly offset: number
  /** Epoch milliseconds. */
  readonly timestamp: number
  readonly key: Buffer | null
  /** Null is a tombstone. */
  readonly value: Buffer | null
  /**
   * The last one of a repeated name; headers without a value are left out. Read when it is first asked for, which
   * throws KAFKA_BATCH_DAMAGED if they are none; `{ ...record }` does not have it.
   */
  readonly headers: Readonly<Record<string, Buffer>>
}

/** In order of offset. @throws {KafkaError} KAFKA_BATCH_DAMAGED */
export function readLogRecords(batch: LogBatch, plain: Buffer): readonly LogRecord[] {
  const records: LogRecord[] = []
  try {
    const from = new VarintReader(plain)
    for (let left = batch.count; left > 0; left -= 1) records.push(new LogRecord(batch, from))
    if (from.at !== plain.length) throw new RangeError('More bytes follow the last record.')
  } catch (cause) {
    if (cause instanceof RangeError) throw damaged(batch, 'its records cannot be read', cause)
    throw cause
  }
  return records
}

/** Told of a header: where in `bytes` its name and its value lie. Without a value, `valueAt` is −1. */
type HeaderVisitor = (
  bytes: Buffer,
  nameAt: number,
  nameEnd: number,
  valueAt: number,
  valueEnd: number,
) => void

/** A record in the memory of its batch. */
export class LogRecord implements KafkaRecord {
  readonly offset: number
  readonly timestamp: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly #batch: LogBatch
  readonly #bytes: Buffer
  readonly #headersAt: number
  readonly #end: number
  #headers: Readonly<Record<string, Buffer>> | undefined

  /** Of the record that begins at `from.at`, which is moved behind it. @throws {RangeError} */
  constructor(batch: LogBatch, from: VarintReader) {
    const { bytes } = from
    const length = from.int()
    const end = from.at + length
    if (length < 0 || end > bytes.length) throw new RangeError('A record is longer than its batch.')
    // Attributes, of which none has a meaning.
    from.at += 1
    const createdAt = batch.baseTimestamp + from.long()
    this.timestamp = batch.appendedAt ?? createdAt
    this.offset = batch.baseOffset + from.int()
    this.key = readBytes(from, end)
    this.value = readBytes(from, end)
    this.#batch = batch
    this.#bytes = bytes
    this.#headersAt = from.at
    this.#end = end
    from.at = end
  }

  get headers(): Readonly<Record<string, Buffer>> {
    this.#headers ??= this.#readHeaders()
    return this.#headers
  }

  /** In the order in which they were written. @throws {KafkaError} KAFKA_BATCH_DAMAGED */
  visitHeaders(visit: HeaderVisitor): void {
    try {
      const from = new VarintReader(this.#bytes, this.#headersAt)
      for (let left = lengthOf(from, 0); left > 0; left -= 1) {
        const nameLength = lengthOf(from, 0)
        const nameAt = from.at
        from.at += nameLength
        const valueLength = lengthOf(from, -1)
        const valueAt = valueLength === -1 ? -1 : from.at
        from.at += Math.max(0, valueLength)
        if (from.at > this.#end) break
        visit(this.#bytes, nameAt, nameAt + nameLength, valueAt, from.at)
      }
      if (from.at !== this.#end) throw new RangeError('The headers do not end with their record.')
    } catch (cause) {
      if (cause instanceof RangeError)
        throw damaged(this.#batch, 'the headers of a record cannot be read', cause)
      throw cause
    }
  }

  #readHeaders(): Readonly<Record<string, Buffer>> {
    const found = new Map<string, Buffer>()
    this.visitHeaders((bytes, nameAt, nameEnd, valueAt, valueEnd) => {
      const name = bytes.toString('utf8', nameAt, nameEnd)
      if (valueAt === -1) found.delete(name)
      else found.set(name, bytes.subarray(valueAt, valueEnd))
    })
    return Object.fromEntries(found)
  }
}

/** @param least −1 where null may stand */
function lengthOf(from: VarintReader, least: -1 | 0): number {
  const length = from.int()
  if (length < least) throw new RangeError('A length is negative.')
  return length
}

function readBytes(from: VarintReader, end: number): Buffer | null {
  const length = lengthOf(from, -1)
  if (length === -1) return null
  const at = from.at
  from.at += length
  if (from.at > end) throw new RangeError('A key or value is longer than its record.')
  return from.bytes.subarray(at, from.at)
}
