import { crc32 } from 'node:zlib'
import type { Change } from '../../src/listing/change.ts'
import { NO_DIGEST, NO_SCHEMA } from '../../src/listing/content.ts'
import type { Instant } from '../../src/listing/instant.ts'
import type { NextOffsets, PassKind, PassProgress } from '../../src/listing/pass.ts'
import type { RecordKey } from '../../src/listing/record-key.ts'
import type { ResourceName } from '../../src/listing/resource.ts'
import {
  TRANSACTION_TOO_SLOW,
  type ChangePublisher,
  type FeedIdentity,
  type FeedState,
  type IndexEntry,
  type KeyIndex,
  type Receipt,
  type TransactionRequest,
} from '../../src/replication/ports.ts'
import { InvariantViolation, ListingstreamError } from '../../src/support/errors.ts'

export interface Transaction {
  readonly request: TransactionRequest
  readonly receipt: Receipt
}

/**
 * A publisher that keeps its transactions in memory, in topics that count offsets as Kafka does: an upsert takes one, a
 * deletion two (event and tombstone), and the commit marker one more in each partition that was written.
 */
export class MemoryPublisher implements ChangePublisher {
  /** Those committed, in order. */
  readonly transactions: Transaction[] = []
  readonly #partitions: number
  readonly #mostEvents: number
  readonly #ends = new Map<ResourceName, number[]>()
  readonly #failures = new Map<number, { readonly at: 'before' | 'after'; readonly error: Error }>()
  #commits = 0
  #busy = false

  /** `mostEvents`: a transaction with more events and dead letters takes too long. @default none is too long */
  constructor(options: { readonly partitions?: number; readonly mostEvents?: number } = {}) {
    this.#partitions = options.partitions ?? 3
    this.#mostEvents = options.mostEvents ?? Infinity
  }

  /** The n-th call of `commit` from now on (0: the next) rejects and leaves nothing visible. */
  failBeforeCommit(n: number, error: Error): void {
    this.#failures.set(this.#commits + n, { at: 'before', error })
  }

  /** That call rejects although the transaction is committed: as if the process died before it heard of it (R2). */
  failAfterCommit(n: number, error: Error): void {
    this.#failures.set(this.#commits + n, { at: 'after', error })
  }

  async commit(request: TransactionRequest, signal: AbortSignal): Promise<Receipt> {
    if (this.#busy) throw new InvariantViolation('Two transactions were open at once (R1).')
    this.#busy = true
    try {
      const failure = this.#failures.get(this.#commits++)
      // Lets a second call overlap, if there is one.
      await Promise.resolve()
      signal.throwIfAborted()
      if (failure?.at === 'before') throw failure.error
      if (request.changes.length + request.deadLetters.length > this.#mostEvents) {
        throw new ListingstreamError('too slow', { code: TRANSACTION_TOO_SLOW, retryable: true })
      }
      const receipt = this.#append(request)
      this.transactions.push({ request, receipt })
      if (failure?.at === 'after') throw failure.error
      return receipt
    } finally {
      this.#busy = false
    }
  }

  nextOffsets(resource: ResourceName): readonly number[] {
    return [...this.#endsOf(resource)]
  }

  /** Every change committed, in order. */
  changes(): readonly Change[] {
    return this.transactions.flatMap(({ request }) => request.changes)
  }

  /** What a subscriber who read everything holds: the last upsert of each key that is not deleted. */
  live(): ReadonlyMap<RecordKey, Extract<Change, { kind: 'upsert' }>> {
    const live = new Map<RecordKey, Extract<Change, { kind: 'upsert' }>>()
    for (const change of this.changes()) {
      if (change.kind === 'upsert') live.set(change.key, change)
      else live.delete(change.key)
    }
    return live
  }

  /** What the checkpoints say to a process that takes over (R2). */
  feedState(feed: FeedIdentity): FeedState {
    const watermarks = new Map<ResourceName, Instant>()
    const passes = new Map<`${ResourceName}/${PassKind}`, PassProgress>()
    for (const { request } of this.transactions) {
      const { progress, watermark } = request
      passes.set(`${progress.resource}/${progress.pass}`, progress)
      if (watermark !== null) watermarks.set(progress.resource, watermark)
    }
    return { generation: feed.generation, source: feed.source, watermarks, passes }
  }

  /** Builds the index anew from the topics, as recovery does (R2): what was merely dead-lettered is not in them. */
  async rebuild(index: KeyIndex, feed: FeedIdentity, at: Instant): Promise<void> {
    await index.reset(feed, at)
    await this.bringForward(index, at)
  }

  /** Applies what lies at or above the index's own offsets, as recovery does with an index that fits (R2). */
  async bringForward(index: KeyIndex, at: Instant): Promise<void> {
    const known = index.state()?.nextOffsets ?? {}
    for (const { request, receipt } of this.transactions) {
      const resource = request.resource.name
      const from = known[resource] ?? []
      const puts = new Map<RecordKey, IndexEntry>()
      for (const [i, change] of request.changes.entries()) {
        const position = receipt.positions[i]
        if (position === undefined || position.offset < (from[position.partition] ?? 0)) continue
        puts.set(change.key, { ...entryOf(change), ...position })
      }
      if (puts.size === 0) continue
      await index.apply({ resource, puts, drops: [], nextOffsets: receipt.nextOffsets, at })
    }
  }

  #append(request: TransactionRequest): Receipt {
    const ends = this.#endsOf(request.resource.name)
    const positions = request.changes.map((change) => {
      const partition = crc32(change.key) % this.#partitions
      const end = (ends[partition] ?? 0) + (change.kind === 'deletion' ? 2 : 1)
      ends[partition] = end
      return { partition, offset: end - 1 }
    })
    for (const partition of new Set(positions.map((position) => position.partition))) {
      ends[partition] = (ends[partition] ?? 0) + 1
    }
    const nextOffsets: NextOffsets = Object.fromEntries(
      [...this.#ends].map(([name, all]) => [name, [...all]]),
    )
    return { seq: this.transactions.length + 1, positions, nextOffsets }
  }

  #endsOf(resource: ResourceName): number[] {
    const ends = this.#ends.get(resource) ?? Array.from({ length: this.#partitions }, () => 0)
    this.#ends.set(resource, ends)
    return ends
  }
}

function entryOf(change: Change): Omit<IndexEntry, 'partition' | 'offset'> {
  const { mlsId, changeStamps } = change
  return change.kind === 'upsert'
    ? {
        state: 'live',
        digest: change.content.digest,
        schemaId: change.content.schemaId,
        modificationTimestamp: change.modificationTimestamp,
        observedAt: change.observedAt,
        changeStamps,
        mlsId,
        request: 0,
      }
    : {
        state: 'deleted',
        digest: NO_DIGEST,
        schemaId: NO_SCHEMA,
        modificationTimestamp: change.lastModificationTimestamp,
        observedAt: change.deletedAt,
        changeStamps,
        mlsId,
        request: 0,
      }
}
