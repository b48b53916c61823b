import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'

import type { ContentLimit } from '../../events/content/content-encoder.ts'
import type { EventRecipe } from '../../events/schema/event-schemas.ts'
import type { ResourceDescription, ResourceName } from '../../domain/resource.ts'
import type { NotUnzipped } from '../../spark/gzip.ts'
import { readKeyPage } from '../../spark/key-rows.ts'
import {
  readPage,
  unzippedPage,
  type PageBody,
  type PageBytes,
  type PageReader,
  type TokenListener,
} from '../../spark/page-body.ts'
import { orAborted } from '../../support/abort.ts'
import { ListingstreamError } from '../../support/errors.ts'
import {
  END,
  type PageAnswer,
  type PageEncoding,
  type PageQuestion,
  type RowTally,
  type ThreadMessage,
} from './page-messages.ts'
import { recordsOf } from './page-rows.ts'

/** A smaller body is read sooner than it is handed over: updates of a quiet market need no second thread. */
const WORTH_A_THREAD_BYTES = 256 * 1024

const DEFAULT_TIMEOUT_MS = 60_000
/** Far longer than a walk needs for its next page: a thread takes some ten megabytes, and a process may have many feeds. */
const DEFAULT_IDLE_MS = 30_000

/** A page takes a fraction of that. */
const ENDS_WITHIN_MS = 5_000

const THREAD_FILE = new URL(`./page-thread${extname(import.meta.url)}`, import.meta.url)

export interface PageRules {
  readonly schemas: { readonly recipe: EventRecipe | undefined }
  readonly limit: ContentLimit
}

export interface ThreadedPageReaderOptions {
  /** As the encoder has them, of each resource. */
  readonly rules: ReadonlyMap<ResourceName, PageRules>
  /** Told of each page that was encoded. Must not throw. */
  readonly onRows: (resource: ResourceName, tally: RowTally) => void
  /** Unzipped. @default 262144 */
  readonly worthAThreadBytes?: number
  /** The thread is ended if nothing comes from it for so long, though it was asked. @default 60000 */
  readonly timeoutMs?: number
  /** The thread is ended if nothing was asked of it for so long; the next page starts another. @default 30000 */
  readonly idleMs?: number
}

type Page = PageBody | NotUnzipped

interface AskedPage extends PromiseWithResolvers<PageAnswer> {
  readonly onToken: TokenListener | undefined
}

/**
 * Reads large pages on a thread of its own: gunzip, and from JSON to Avro and digests, which is about half of all work.
 * What becomes of the records is decided here, as if they had been read here.
 */
export class ThreadedPageReader implements PageReader, AsyncDisposable {
  readonly #options: ThreadedPageReaderOptions
  readonly #asked = new Map<number, AskedPage>()
  readonly zippedFrom: number
  #worker: Worker | undefined
  #timer: NodeJS.Timeout | undefined
  #lastId = 0

  constructor(options: ThreadedPageReaderOptions) {
    this.#options = options
    this.zippedFrom = options.worthAThreadBytes ?? WORTH_A_THREAD_BYTES
  }

  /**
   * @throws {ListingstreamError} retryable: `PAGE_THREAD_FAILED` if the thread ends, `PAGE_THREAD_SLOW` if it had to be
   * ended because it did not answer.
   */
  async read(
    { bytes, zipped, limit, ofKeys = false }: PageBytes,
    resource: ResourceDescription,
    signal: AbortSignal,
    onToken?: TokenListener,
  ): Promise<Page> {
    if (!zipped && bytes.length < this.zippedFrom) {
      return ofKeys ? readKeyPage(bytes, resource) : readPage(bytes, resource)
    }
    const encoding = ofKeys ? undefined : this.#encodingOf(resource)
    // Of no length any more once it is handed over.
    const { length } = bytes
    const question = { body: ownBuffer(bytes), length, zipped, limit, resource, encoding }
    const asked = this.#ask(question, onToken)
    const { page, body } = await orAborted(asked, signal)
    const came = { bytes: Buffer.from(body, 0, length), zipped, limit }
    if (page.kind === 'not_json') {
      const whole = page.whole ? unzippedPage(came) : undefined
      return {
        kind: 'not_json',
        characters: page.characters,
        bytes: Buffer.isBuffer(whole) ? whole : undefined,
      }
    }
    if (page.kind !== 'envelope') return page
    const { envelope, rows } = page
    if (rows === undefined) return { kind: 'envelope', envelope, rows: undefined }
    if (encoding !== undefined) this.#options.onRows(resource.name, rows.tally)
    return { kind: 'envelope', envelope, rows: recordsOf(rows, came, resource) }
  }

  /** Undefined as long as there is no schema of the resource. */
  #encodingOf({ name }: ResourceDescription): PageEncoding | undefined {
    const rules = this.#options.rules.get(name)
    const recipe = rules?.schemas.recipe
    return rules === undefined || recipe === undefined ? undefined : { recipe, limit: rules.limit }
  }

  #ask(question: Omit<PageQuestion, 'id'>, onToken: TokenListener | undefined): Promise<PageAnswer> {
    const worker = (this.#worker ??= this.#start())
    this.#lastId += 1
    const id = this.#lastId
    const asked: AskedPage = { ...Promise.withResolvers<PageAnswer>(), onToken }
    // Whoever gave up does not look at it.
    asked.promise.catch(() => undefined)
    this.#asked.set(id, asked)
    worker.ref()
    if (this.#asked.size === 1) this.#watch(worker)
    worker.postMessage({ ...question, id }, [question.body])
    return asked.promise
  }

  #start(): Worker {
    // Without our own flags: they may be for the main thread alone.
    const worker = new Worker(THREAD_FILE, { execArgv: [] })
    worker.unref()
    worker.on('message', (message: ThreadMessage) => this.#take(worker, message))
    let cause: unknown
    worker.on('error', (error) => (cause = error))
    // Not at the error, which may overtake the last answers; what has come is delivered before this.
    worker.on('exit', () => this.#ended(worker, cause))
    return worker
  }

  #take(worker: Worker, message: ThreadMessage): void {
    const asked = this.#asked.get(message.id)
    if (message.kind === 'token') asked?.onToken?.(message.token)
    else {
      asked?.resolve(message)
      this.#asked.delete(message.id)
      if (this.#asked.size === 0) worker.unref()
    }
    if (this.#worker === worker) this.#watch(worker)
  }

  /** Gives the thread its whole time again: it is at the next piece of work. */
  #watch(worker: Worker): void {
    clearTimeout(this.#timer)
    const { timeoutMs = DEFAULT_TIMEOUT_MS, idleMs = DEFAULT_IDLE_MS } = this.#options
    if (this.#asked.size === 0) {
      this.#timer = setTimeout(() => {
        this.#worker = undefined
        void end(worker)
      }, idleMs)
      this.#timer.unref()
      return
    }
    this.#timer = setTimeout(() => {
      const message = `The thread that reads pages did not answer within ${timeoutMs / 1000} s and was ended. The page is asked for again in smaller slices; lower PAGE_LIMIT if this stays.`
      this.#fail(worker, new ListingstreamError(message, { code: 'PAGE_THREAD_SLOW', retryable: true }))
      void worker.terminate()
    }, timeoutMs)
  }

  #ended(worker: Worker, cause: unknown): void {
    const message =
      'The thread that reads pages ended. The page is asked for again; lower PAGE_LIMIT if this stays.'
    this.#fail(
      worker,
      new ListingstreamError(message, { code: 'PAGE_THREAD_FAILED', retryable: true, cause }),
    )
  }

  #fail(worker: Worker, error: ListingstreamError): void {
    if (this.#worker !== worker) return
    this.#worker = undefined
    clearTimeout(this.#timer)
    for (const asked of this.#asked.values()) asked.reject(error)
    this.#asked.clear()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const worker = this.#worker
    if (worker === undefined) return
    this.#ended(worker, undefined)
    worker.ref()
    await end(worker)
  }
}

/** The thread ends by itself, behind what it is at; one that does not is stopped wherever it is. */
async function end(worker: Worker): Promise<void> {
  const exited = new Promise<void>((resolve) => void worker.once('exit', () => resolve()))
  const overdue = setTimeout(() => void worker.terminate(), ENDS_WITHIN_MS)
  overdue.unref()
  worker.postMessage(END, [])
  await exited
  clearTimeout(overdue)
}

/** A copy only where the bytes are a part of something larger, such as the pool of small buffers. */
function ownBuffer(bytes: Buffer): ArrayBuffer {
  const { buffer, length } = bytes
  return buffer instanceof ArrayBuffer && buffer.byteLength === length ? buffer : new Uint8Array(bytes).buffer
}
