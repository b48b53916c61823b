import { createRequire } from 'node:module'

/** A record as kafkajs's produce request hands it over. */
export interface RecordFields {
  readonly offsetDelta?: number
  readonly timestampDelta?: number
  readonly key: string | Buffer | null
  readonly value: string | Buffer | null
  readonly headers?: Readonly<Record<string, HeaderValue | readonly HeaderValue[]>>
}

type HeaderValue = string | Buffer | null

/** What kafkajs asks of an encoder when it makes a batch of records. */
interface Encoded {
  readonly buf: Buffer
  readonly buffer: Buffer
}

/** A varint of 32 bits at its longest; a varlong of 64 bits takes ten. */
const VARINT_BYTES = 5
const VARLONG_BYTES = 10
/** UTF-8 of a UTF-16 code unit at its longest. */
const BYTES_PER_UNIT = 3

const require = createRequire(import.meta.url)
const RECORD_MODULE = require.resolve('kafkajs/src/protocol/recordBatch/record/v0')

/**
 * kafkajs makes an encoder for each record and for each of its headers, with 512 zeroed bytes of its own: with a dozen
 * headers that is more work than parsing the record was. This takes that module's place before kafkajs loads it, which it
 * does with the first produce request.
 */
export function installRecordEncoder(): void {
  require(RECORD_MODULE)
  const loaded = require.cache[RECORD_MODULE]
  if (loaded !== undefined) loaded.exports = encodeRecord
}

/** Record format v2 (KIP-98): `Length Attributes TimestampDelta OffsetDelta Key Value Headers`, in one piece. */
export function encodeRecord(record: RecordFields): Encoded {
  const writer = new Writer(mostBytes(record))
  writer.skip(VARINT_BYTES)
  writer.byte(0)
  writer.varlong(record.timestampDelta ?? 0)
  writer.varint(record.offsetDelta ?? 0)
  writer.bytes(record.key)
  writer.bytes(record.value)
  const headers = headersOf(record)
  writer.varint(headers.length)
  for (const [name, value] of headers) {
    writer.bytes(name)
    writer.bytes(value)
  }
  const buffer = writer.withLength(VARINT_BYTES)
  return { buf: buffer, buffer }
}

function headersOf({ headers = {} }: RecordFields): readonly (readonly [string, HeaderValue])[] {
  const flat: (readonly [string, HeaderValue])[] = []
  for (const name of Object.keys(headers)) {
    const value = headers[name] ?? null
    if (isList(value)) for (const one of value) flat.push([name, one])
    else flat.push([name, value])
  }
  return flat
}

function isList(value: HeaderValue | readonly HeaderValue[]): value is readonly HeaderValue[] {
  return Array.isArray(value)
}

function mostBytes(record: RecordFields): number {
  let bytes = 1 + VARLONG_BYTES + 3 * VARINT_BYTES + mostOf(record.key) + mostOf(record.value)
  for (const [name, value] of headersOf(record)) bytes += mostOf(name) + mostOf(value)
  return bytes
}

function mostOf(value: HeaderValue): number {
  if (value === null) return VARINT_BYTES
  return VARINT_BYTES + (typeof value === 'string' ? value.length * BYTES_PER_UNIT : value.length)
}

class Writer {
  readonly #buffer: Buffer
  #at = 0

  constructor(size: number) {
    this.#buffer = Buffer.allocUnsafe(size)
  }

  skip(bytes: number): void {
    this.#at += bytes
  }

  byte(value: number): void {
    this.#buffer[this.#at] = value
    this.#at += 1
  }

  /** Zigzag, then base 128, lowest first. */
  varint(value: number): void {
    let rest = ((value << 1) ^ (value >> 31)) >>> 0
    while (rest > 0x7f) {
      this.byte((rest & 0x7f) | 0x80)
      rest >>>= 7
    }
    this.byte(rest)
  }

  /** The same for integers up to 2^52. */
  varlong(value: number): void {
    let rest = value < 0 ? -2 * value - 1 : 2 * value
    while (rest > 0x7f) {
      this.byte((rest % 0x80) | 0x80)
      rest = Math.floor(rest / 0x80)
    }
    this.byte(rest)
  }

  /** Length and bytes; −1 for null. */
  bytes(value: HeaderValue): void {
    if (value === null) {
      this.varint(-1)
    } else if (typeof value === 'string') {
      this.varint(Buffer.byteLength(value))
      this.#at += this.#buffer.write(value, this.#at)
    } else {
      this.varint(value.length)
      this.#at += value.copy(this.#buffer, this.#at)
    }
  }

  /** What was written after the first `room` bytes, behind its own length, for which they were kept. */
  withLength(room: number): Buffer {
    const end = this.#at
    this.#at = 0
    this.varint(end - room)
    const start = room - this.#at
    this.#buffer.copyWithin(start, 0, this.#at)
    return this.#buffer.subarray(start, end)
  }
}
