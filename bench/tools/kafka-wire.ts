/**
 * A topic off the wire with nothing of a client between: what fetching costs alone, and a judge of what the program wrote that
 * shares no code with it. Kafka protocol guide, Metadata v1 and Fetch v10 (the first that hands out zstd).
 */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

const METADATA = { key: 3, version: 1 }
const FETCH = { key: 1, version: 10 }
/** Of one partition in one answer. */
const PARTITION_BYTES = 4 * 1024 * 1024
const READ_COMMITTED = 1

export interface FetchedPart {
  readonly partition: number
  /** Whole record batches, one behind the other. */
  readonly batches: Buffer
}

/** Answers the numbers of its partitions. All have to be led by this broker. */
export class BrokerConnection implements Disposable {
  readonly #socket: Socket
  readonly #answers: ((answer: Buffer) => void)[] = []
  readonly #failed: Promise<never>
  #chunks: Buffer[] = []
  #buffered = 0
  #sent = 0

  private constructor(socket: Socket) {
    this.#socket = socket
    this.#failed = once(socket, 'close').then(() => {
      throw new Error('The broker closed the connection.')
    })
    this.#failed.catch(() => undefined)
    socket.on('error', () => socket.destroy())
    socket.on('data', (chunk) => this.#take(chunk))
  }

  /** @param broker `host:port` */
  static async open(broker: string): Promise<BrokerConnection> {
    const [host = '', port = ''] = broker.split(':')
    const socket = connect({ host, port: Number(port), noDelay: true })
    await once(socket, 'connect')
    return new BrokerConnection(socket)
  }

  async partitionsOf(topic: string): Promise<readonly number[]> {
    const answer = new Reader(await this.#ask(METADATA, new Writer().int32(1).string(topic)))
    for (let brokers = answer.int32(); brokers > 0; brokers -= 1) {
      answer.int32()
      answer.string()
      answer.int32()
      answer.string()
    }
    answer.int32()
    answer.int32()
    const error = answer.int16()
    if (error !== 0) throw new Error(`Metadata of ${topic}: error ${error}.`)
    answer.string()
    answer.int8()
    return Array.from({ length: answer.int32() }, () => {
      answer.int16()
      const partition = answer.int32()
      answer.int32()
      for (let copies = 0; copies < 2; copies += 1) answer.skip(4 * answer.int32())
      return partition
    })
  }

  /** @param offsets where to go on, by partition @returns null behind the last stable offset of all */
  async fetch(topic: string, offsets: ReadonlyMap<number, bigint>): Promise<readonly FetchedPart[]> {
    const asked = new Writer().int32(-1).int32(100).int32(1).int32(0x7fff_ffff).int8(READ_COMMITTED)
    asked.int32(0).int32(-1).int32(1).string(topic).int32(offsets.size)
    for (const [partition, offset] of offsets) {
      asked.int32(partition).int32(-1).int64(offset).int64(-1n).int32(PARTITION_BYTES)
    }
    asked.int32(0)
    const answer = new Reader(await this.#ask(FETCH, asked))
    answer.int32()
    requireNone(answer.int16(), topic)
    answer.int32()
    if (answer.int32() === 0) return []
    answer.string()
    return Array.from({ length: answer.int32() }, () => {
      const partition = answer.int32()
      requireNone(answer.int16(), topic)
      answer.skip(24)
      const aborted = answer.int32()
      if (aborted > 0) throw new Error(`${topic} holds aborted transactions, which the bench does not read.`)
      return { partition, batches: answer.bytes() }
    })
  }

  async #ask(api: { readonly key: number; readonly version: number }, body: Writer): Promise<Buffer> {
    const head = new Writer().int16(api.key).int16(api.version).int32(this.#sent).string('bench')
    this.#sent += 1
    const request = Buffer.concat([head.done(), body.done()])
    const answered = new Promise<Buffer>((resolve) => this.#answers.push(resolve))
    this.#socket.write(Buffer.concat([new Writer().int32(request.length).done(), request]))
    // Behind the correlation id: answers come in the order of the requests.
    return (await Promise.race([answered, this.#failed])).subarray(4)
  }

  #take(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.#buffered += chunk.length
    for (;;) {
      if (this.#buffered < 4) return
      if ((this.#chunks[0]?.length ?? 0) < 4) this.#chunks = [Buffer.concat(this.#chunks)]
      const size = 4 + (this.#chunks[0]?.readInt32BE(0) ?? 0)
      if (this.#buffered < size) return
      const all = Buffer.concat(this.#chunks)
      this.#chunks = all.length > size ? [all.subarray(size)] : []
      this.#buffered -= size
      this.#answers.shift()?.(all.subarray(4, size))
    }
  }

  [Symbol.dispose](): void {
    this.#socket.destroy()
  }
}

function requireNone(error: number, topic: string): void {
  if (error !== 0) throw new Error(`Fetching ${topic}: error ${error}.`)
}

/** Big-endian, as all of the protocol. */
class Writer {
  readonly #parts: Buffer[] = []

  int8(value: number): this {
    return this.#add(1, (buffer) => buffer.writeInt8(value))
  }

  int16(value: number): this {
    return this.#add(2, (buffer) => buffer.writeInt16BE(value))
  }

  int32(value: number): this {
    return this.#add(4, (buffer) => buffer.writeInt32BE(value))
  }

  int64(value: bigint): this {
    return this.#add(8, (buffer) => buffer.writeBigInt64BE(value))
  }

  string(value: string): this {
    const bytes = Buffer.from(value)
    this.int16(bytes.length)
    this.#parts.push(bytes)
    return this
  }

  done(): Buffer {
    return Buffer.concat(this.#parts)
  }

  #add(size: number, write: (buffer: Buffer) => void): this {
    const buffer = Buffer.alloc(size)
    write(buffer)
    this.#parts.push(buffer)
    return this
  }
}

class Reader {
  readonly #buffer: Buffer
  #at = 0

  constructor(buffer: Buffer) {
    this.#buffer = buffer
  }

  int8(): number {
    return this.#buffer.readInt8(this.#step(1))
  }

  int16(): number {
    return this.#buffer.readInt16BE(this.#step(2))
  }

  int32(): number {
    return this.#buffer.readInt32BE(this.#step(4))
  }

  /** Null is empty. */
  string(): string {
    const length = Math.max(0, this.int16())
    return this.#buffer.toString('utf8', this.#step(length), this.#at)
  }

  bytes(): Buffer {
    const length = Math.max(0, this.int32())
    return this.#buffer.subarray(this.#step(length), this.#at)
  }

  skip(length: number): void {
    this.#step(length)
  }

  #step(length: number): number {
    const from = this.#at
    this.#at += length
    return from
  }
}
