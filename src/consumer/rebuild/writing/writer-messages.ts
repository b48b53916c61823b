import {
  ListingstreamError,
  UnexpectedError,
  type Disposition,
  type FailureExitCode,
} from '../../../support/errors.ts'
import type { RebuiltResource } from '../rebuilt-resource.ts'
import type { OtherTransaction } from '../store.ts'
import type { StoreTarget } from '../store-target.ts'
import type { PackedBatch } from './packed-batch.ts'
import type { RebuildWriter, SchemaText } from './writer.ts'

/** What the thread begins with. */
export interface WriterThreadData {
  readonly target: StoreTarget
  readonly sources: readonly RebuiltResource[]
}

/** To the thread. `cancel` has no answer of its own: what is under way fails. */
export type WriterQuestion = 'cancel' | (WriterCall & { readonly id: number })

export type WriterCall =
  | { readonly call: 'open' | 'finish' | 'close' }
  | { readonly call: 'begin'; readonly args: Parameters<RebuildWriter['begin']> }
  | { readonly call: 'learn'; readonly schema: SchemaText }
  | { readonly call: 'stage'; readonly batch: PackedBatch }

/** From the thread. `waitingFor` is no end of the call: its answer is still to come. */
export type WriterAnswer =
  | { readonly id: number; readonly waitingFor: readonly OtherTransaction[] }
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly failure: SentFailure }

/** An error loses its class on the way between threads. */
export interface SentFailure {
  readonly message: string
  readonly code: string
  readonly retryable: boolean
  readonly disposition: Disposition
  readonly exitCode: FailureExitCode
  readonly stack: string | undefined
}

export function sentFailure(error: unknown): SentFailure {
  const ours =
    error instanceof ListingstreamError ? error : new UnexpectedError('Writing to the store', error)
  const { message, code, retryable, disposition, exitCode } = ours
  const stack = error instanceof Error ? error.stack : undefined
  return { message, code, retryable, disposition, exitCode, stack }
}

export function receivedFailure({ message, retryable, stack, ...facts }: SentFailure): ListingstreamError {
  const cause = { stack }
  return new ListingstreamError(
    message,
    retryable ? { ...facts, cause, retryable: true } : { ...facts, cause, retryable: false },
  )
}
