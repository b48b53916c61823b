import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'

import { orAborted } from '../../../support/abort.ts'
import { UnexpectedError } from '../../../support/errors.ts'
import type { FinishedRound, StoreState, WaitingListener } from '../store.ts'
import type { PackedBatch } from './packed-batch.ts'
import type { RebuildWriter, SchemaText, Staged } from './writer.ts'
import {
  receivedFailure,
  type WriterAnswer,
  type WriterCall,
  type WriterThreadData,
} from './writer-messages.ts'

const THREAD_FILE = new URL(`./writer-thread${extname(import.meta.url)}`, import.meta.url)
/** For what is under way to end, or to be given up, when the writer is closed. */
const CLOSE_WITHIN_MS = 10_000

/** Decoding and writing on a thread of its own, while this one has the next records from Kafka. */
export class ThreadedWriter implements RebuildWriter {
  readonly #worker: Worker
  readonly #asked = new Map<number, PromiseWithResolvers<unknown>>()
  #failure: Error | undefined
  #lastId = 0
  /** Of the last call of `finish`. */
  #onWaiting: WaitingListener | undefined

  constructor(data: WriterThreadData) {
    // Without our own flags: they may be for the main thread alone.
    this.#worker = new Worker(THREAD_FILE, { execArgv: [], workerData: data })
    this.#worker.on('message', (answer: WriterAnswer) => this.#take(answer))
    let cause: unknown
    this.#worker.on('error', (error) => (cause = error))
    // Not at the error, which may overtake the last answers; what has come is delivered before this.
    this.#worker.on('exit', () => this.#ended(cause))
  }

  open(): Promise<StoreState> {
    return this.#ask({ call: 'open' })
  }

  begin(...args: Parameters<RebuildWriter['begin']>): Promise<void> {
    return this.#ask({ call: 'begin', args })
  }

  learn(schema: SchemaText): Promise<void> {
    return this.#ask({ call: 'learn', schema })
  }

  stage(batch: PackedBatch): Promise<Staged> {
    return this.#ask({ call: 'stage', batch }, [batch.bytes.buffer, batch.places.buffer])
  }

  finish(onWaiting: WaitingListener): Promise<FinishedRound> {
    this.#onWaiting = onWaiting
    return this.#ask({ call: 'finish' })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#worker.postMessage('cancel', [])
    // Whoever closes it for a failure has that one to tell.
    await orAborted(this.#ask({ call: 'close' }), AbortSignal.timeout(CLOSE_WITHIN_MS)).catch(() => undefined)
    await this.#worker.terminate()
  }

  /** The answer to a call is of the type that the call has on the other side. */
  #ask<T>(call: WriterCall, transferred: readonly ArrayBuffer[] = []): Promise<T> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    this.#lastId += 1
    const asked = Promise.withResolvers<unknown>()
    this.#asked.set(this.#lastId, asked)
    this.#worker.postMessage({ ...call, id: this.#lastId }, transferred)
    return asked.promise as Promise<T>
  }

  #take(answer: WriterAnswer): void {
    if ('waitingFor' in answer) {
      this.#onWaiting?.(answer.waitingFor)
      return
    }
    const asked = this.#asked.get(answer.id)
    this.#asked.delete(answer.id)
    if ('failure' in answer) asked?.reject(receivedFailure(answer.failure))
    else asked?.resolve(answer.result)
  }

  #ended(cause: unknown): void {
    this.#failure = new UnexpectedError(
      'The thread that writes to the store',
      cause ?? new Error('It ended.'),
    )
    for (const asked of this.#asked.values()) asked.reject(this.#failure)
    this.#asked.clear()
  }
}
