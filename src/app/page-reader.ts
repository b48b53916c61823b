import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'

import type { ListingEncoder } from '../events/listing-encoder.ts'
import type { ListingRecipe } from '../events/listing-schemas.ts'
import type { JsonObject, JsonValue } from '../listing/json.ts'
import type { ResourceDescription } from '../listing/resource.ts'
import type { SourceRecord, UnreadableRecord } from '../listing/source-record.ts'
import { readPage, type PageBody, type PageReader } from '../spark/page-body.ts'
import type { ReadRecords } from '../spark/records.ts'
import { orAborted } from '../support/abort.ts'
import { InvariantViolation, ListingstreamError } from '../support/errors.ts'
import type { PageAnswer, PageQuestion, ReadRow } from './page-messages.ts'

/** A smaller body is read sooner than it is handed over: updates of a quiet market need no second thread. */
const WORTH_A_THREAD_BYTES = 256 * 1024

const THREAD_FILE = new URL(`./page-thread${extname(import.meta.url)}`, import.meta.url)

export interface ThreadedPageReaderOptions {
  readonly schemas: { readonly recipe: ListingRecipe | undefined }
  /** Gets the content of the records, so that it need not encode them once more. */
  readonly encoder: Pick<ListingEncoder, 'adopt'>
  /** @default 262144 */
  readonly worthAThreadBytes?: number
}

/**
 * Reads large pages on a thread of its own: `JSON.parse`, the projection to the schema, Avro and digests, which are more
 * than half of all work. What becomes of the records is decided here, as if they had been read here.
 */
export class ThreadedPageReader implements PageReader, AsyncDisposable {
  readonly #options: ThreadedPageReaderOptions
  readonly #waiting = new Map<number, PromiseWithResolvers<PageAnswer>>()
  #worker: Worker | undefined
  #lastId = 0

  constructor(options: ThreadedPageReaderOptions) {
    this.#options = options
  }

  /** @throws {ListingstreamError} `PAGE_THREAD_FAILED`, retryable, if the thread ends. */
  async read(bytes: Buffer, resource: ResourceDescription, signal: AbortSignal): Promise<PageBody> {
    if (bytes.length < (this.#options.worthAThreadBytes ?? WORTH_A_THREAD_BYTES))
      return readPage(bytes, resource)
    const { recipe } = this.#options.schemas
    // Of no length any more once it is handed over.
    const { length } = bytes
    const body = ownBuffer(bytes)
    const answer = await orAborted(this.#ask({ body, length, resource: resource.name, recipe }), signal)
    const { page } = answer
    if (page.kind !== 'envelope') return page
    if (page.rows === undefined) return { ...page, rows: undefined }
    const whole = once(() => rowsAgain(Buffer.from(answer.body, 0, length), resource))
    const records = this.#records(page.rows.records, answer.contents, recipe, whole)
    const unreadable = page.rows.unreadable.map((reason, i) => new UnreadableRow(reason, whole, i))
    return { ...page, rows: { records, unreadable } }
  }

  #records(
    rows: readonly ReadRow[],
    contents: ArrayBuffer,
    recipe: ListingRecipe | undefined,
    whole: () => ReadRecords,
  ): readonly SourceRecord[] {
    let start = 0
    return rows.map((row, i) => {
      const record = new ReadRecord(row, whole, i)
      const { result } = row
      if (recipe === undefined || result === undefined) return record
      if (result.kind === 'unencodable') {
        this.#options.encoder.adopt(record, recipe.id, result)
      } else {
        const bytes = new Uint8Array(contents, start, result.end - start)
        start = result.end
        this.#options.encoder.adopt(record, recipe.id, {
          kind: 'encoded',
          content: { ...result.content, bytes },
        })
      }
      return record
    })
  }

  async #ask(question: Omit<PageQuestion, 'id'>): Promise<PageAnswer> {
    const worker = (this.#worker ??= this.#start())
    this.#lastId += 1
    const id = this.#lastId
    const waiting = Promise.withResolvers<PageAnswer>()
    this.#waiting.set(id, waiting)
    worker.ref()
    worker.postMessage({ ...question, id }, [question.body])
    try {
      return await waiting.promise
    } finally {
      this.#waiting.delete(id)
      if (this.#waiting.size === 0) worker.unref()
    }
  }

  #start(): Worker {
    // Without our own flags: they may be for the main thread alone.
    const worker = new Worker(THREAD_FILE, { execArgv: [] })
    worker.unref()
    worker.on('message', (answer: PageAnswer) => this.#waiting.get(answer.id)?.resolve(answer))
    worker.on('error', (cause) => this.#ended(worker, cause))
    worker.on('exit', () => this.#ended(worker, undefined))
    return worker
  }

  #ended(worker: Worker, cause: unknown): void {
    if (this.#worker !== worker) return
    this.#worker = undefined
    const error = new ListingstreamError(
      'The thread that reads pages ended. The page is asked for again; lower PAGE_LIMIT if this stays.',
      { code: 'PAGE_THREAD_FAILED', retryable: true, cause },
    )
    for (const { reject } of this.#waiting.values()) reject(error)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker?.terminate()
  }
}

/** A record as it was read on the other thread; its JSON is read again here if somebody asks for it. */
class ReadRecord implements SourceRecord {
  readonly key
  readonly modificationTimestamp
  readonly mlsId
  readonly changeStamps
  readonly #whole: () => ReadRecords
  readonly #index: number

  constructor(row: ReadRow, whole: () => ReadRecords, index: number) {
    this.key = row.key
    this.modificationTimestamp = row.modificationTimestamp
    this.mlsId = row.mlsId
    this.changeStamps = row.changeStamps
    this.#whole = whole
    this.#index = index
  }

  get body(): JsonObject {
    return required(this.#whole().records[this.#index]).body
  }
}

class UnreadableRow implements UnreadableRecord {
  readonly reason
  readonly #whole: () => ReadRecords
  readonly #index: number

  constructor(reason: string, whole: () => ReadRecords, index: number) {
    this.reason = reason
    this.#whole = whole
    this.#index = index
  }

  get body(): JsonValue {
    return required(this.#whole().unreadable[this.#index]).body
  }
}

function rowsAgain(bytes: Buffer, resource: ResourceDescription): ReadRecords {
  const page = readPage(bytes, resource)
  return required(page.kind === 'envelope' ? page.rows : undefined)
}

function once<T>(read: () => T): () => T {
  let value: T | undefined
  return () => (value ??= read())
}

/** A copy only where the bytes are a part of something larger. */
function ownBuffer(bytes: Buffer): ArrayBuffer {
  const { buffer, byteOffset } = bytes
  return byteOffset === 0 && buffer instanceof ArrayBuffer ? buffer : new Uint8Array(bytes).buffer
}

function required<T>(value: T | undefined): T {
  if (value === undefined) throw new InvariantViolation('A page that was read twice was not the same.')
  return value
}
