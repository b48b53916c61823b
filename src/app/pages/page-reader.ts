import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'

import type { AvroContentEncoder, ContentLimit } from '../../events/content/content-encoder.ts'
import type { EncodeResult } from '../../domain/content.ts'
import type { EventRecipe } from '../../events/schema/event-schemas.ts'
import type { ResourceDescription, ResourceName } from '../../domain/resource.ts'
import { readPage, type PageBody, type PageReader } from '../../spark/page-body.ts'
import { orAborted } from '../../support/abort.ts'
import { PAGE_THREAD_SLOW } from '../../domain/error-codes.ts'
import { ListingstreamError } from '../../support/errors.ts'
import type { PageAnswer, PageEncoded, PageQuestion, PageRead } from './page-messages.ts'
import { recordsOf } from './thread-rows.ts'

/** A smaller body is read sooner than it is handed over: updates of a quiet market need no second thread. */
const WORTH_A_THREAD_BYTES = 256 * 1024

const DEFAULT_TIMEOUT_MS = 60_000

const THREAD_FILE = new URL(`./page-thread${extname(import.meta.url)}`, import.meta.url)

export interface PageRules {
  readonly schemas: { readonly recipe: EventRecipe | undefined }
  readonly limit: ContentLimit
}

export interface ThreadedPageReaderOptions {
  /** As the encoder has them, of each resource. */
  readonly rules: ReadonlyMap<ResourceName, PageRules>
  /** Gets the content of the records, so that it need not encode them once more. */
  readonly encoder: Pick<AvroContentEncoder, 'adopt'>
  /** @default 262144 */
  readonly worthAThreadBytes?: number
  /** The thread is ended if nothing comes from it for so long, though it was asked. @default 60000 */
  readonly timeoutMs?: number
}

/** A page that the thread has, and what is waited for. */
interface Asked {
  readonly read: PromiseWithResolvers<PageRead>
  readonly encoded: PromiseWithResolvers<PageEncoded>
}

/**
 * Reads large pages on a thread of its own: `JSON.parse`, the projection to the schema, Avro and digests, which are more
 * than half of all work. What becomes of the records is decided here, as if they had been read here.
 */
export class ThreadedPageReader implements PageReader, AsyncDisposable {
  readonly #options: ThreadedPageReaderOptions
  readonly #asked = new Map<number, Asked>()
  #worker: Worker | undefined
  #timer: NodeJS.Timeout | undefined
  #lastId = 0

  constructor(options: ThreadedPageReaderOptions) {
    this.#options = options
  }

  /**
   * @throws {ListingstreamError} retryable: `PAGE_THREAD_FAILED` if the thread ends, `PAGE_THREAD_SLOW` if it had to be
   * ended because it did not answer.
   */
  async read(bytes: Buffer, resource: ResourceDescription, signal: AbortSignal): Promise<PageBody> {
    if (bytes.length < (this.#options.worthAThreadBytes ?? WORTH_A_THREAD_BYTES))
      return readPage(bytes, resource)
    const encoding = this.#encodingOf(resource)
    // Of no length any more once it is handed over.
    const { length } = bytes
    const body = ownBuffer(bytes)
    const { read, encoded } = this.#ask({ body, length, resource, encoding })
    const answer = await orAborted(read.promise, signal)
    const { page } = answer
    if (page.kind === 'not_json') {
      const whole = page.whole ? Buffer.from(answer.body, 0, length) : undefined
      return { kind: 'not_json', characters: page.characters, bytes: whole }
    }
    if (page.kind !== 'envelope') return page
    if (page.rows === undefined) return { ...page, rows: undefined }
    const rows = recordsOf(page.rows, Buffer.from(answer.body, 0, length), resource)
    if (encoding !== undefined) {
      this.#options.encoder.adopt(rows.records, encoding.recipe.id, encoded.promise.then(resultsOf))
    }
    return { ...page, rows }
  }

  /** Undefined as long as there is no schema of the resource. */
  #encodingOf({ name }: ResourceDescription): PageQuestion['encoding'] {
    const rules = this.#options.rules.get(name)
    const recipe = rules?.schemas.recipe
    return rules === undefined || recipe === undefined ? undefined : { recipe, limit: rules.limit }
  }

  #ask(question: Omit<PageQuestion, 'id'>): Asked {
    const worker = (this.#worker ??= this.#start())
    this.#lastId += 1
    const id = this.#lastId
    const asked: Asked = { read: Promise.withResolvers(), encoded: Promise.withResolvers() }
    // Whoever gave up does not look at them.
    asked.read.promise.catch(() => undefined)
    asked.encoded.promise.catch(() => undefined)
    this.#asked.set(id, asked)
    worker.ref()
    if (this.#asked.size === 1) this.#watch(worker)
    worker.postMessage({ ...question, id }, [question.body])
    return asked
  }

  #start(): Worker {
    // Without our own flags: they may be for the main thread alone.
    const worker = new Worker(THREAD_FILE, { execArgv: [] })
    worker.unref()
    worker.on('message', (answer: PageAnswer) => this.#take(worker, answer))
    let cause: unknown
    worker.on('error', (error) => (cause = error))
    // Not at the error, which may overtake the last answers; what has come is delivered before this.
    worker.on('exit', () => this.#ended(worker, cause))
    return worker
  }

  #take(worker: Worker, answer: PageAnswer): void {
    const asked = this.#asked.get(answer.id)
    if (answer.kind === 'read') asked?.read.resolve(answer)
    else asked?.encoded.resolve(answer)
    if (answer.kind === 'encoded' || answer.last) this.#asked.delete(answer.id)
    if (this.#asked.size === 0) worker.unref()
    if (this.#worker === worker) this.#watch(worker)
  }

  /** Gives the thread its whole time again: it is at the next piece of work. */
  #watch(worker: Worker): void {
    clearTimeout(this.#timer)
    if (this.#asked.size === 0) return
    const { timeoutMs = DEFAULT_TIMEOUT_MS } = this.#options
    this.#timer = setTimeout(() => {
      const message = `The thread that reads pages did not answer within ${timeoutMs / 1000} s and was ended. The page is asked for again in smaller slices; lower PAGE_LIMIT if this stays.`
      this.#fail(worker, new ListingstreamError(message, { code: PAGE_THREAD_SLOW, retryable: true }))
      void worker.terminate()
    }, timeoutMs)
  }

  #ended(worker: Worker, cause: unknown): void {
    const error = new ListingstreamError(
      'The thread that reads pages ended. The page is asked for again; lower PAGE_LIMIT if this stays.',
      { code: 'PAGE_THREAD_FAILED', retryable: true, cause },
    )
    this.#fail(worker, error)
  }

  #fail(worker: Worker, error: ListingstreamError): void {
    if (this.#worker !== worker) return
    this.#worker = undefined
    clearTimeout(this.#timer)
    for (const { read, encoded } of this.#asked.values()) {
      read.reject(error)
      encoded.reject(error)
    }
    this.#asked.clear()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#timer)
    await this.#worker?.terminate()
  }
}

function resultsOf({ results, contents }: PageEncoded): readonly EncodeResult[] {
  let start = 0
  return results.map((result) => {
    if (result.kind !== 'encoded') return result
    const bytes = new Uint8Array(contents, start, result.end - start)
    start = result.end
    return { kind: 'encoded', content: { ...result.content, bytes } }
  })
}

/** A copy only where the bytes are a part of something larger. */
function ownBuffer(bytes: Buffer): ArrayBuffer {
  const { buffer, byteOffset } = bytes
  return byteOffset === 0 && buffer instanceof ArrayBuffer ? buffer : new Uint8Array(bytes).buffer
}
