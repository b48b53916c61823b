import type { NextOffsets, RecordPosition } from '../../domain/pass.ts'
import type { ResourceName } from '../../domain/resource.ts'
import { partitionFor } from '../../kafka/partition.ts'
import type {
  ChangePublisher,
  Receipt,
  TransactionPart,
  TransactionRequest,
} from '../../replication/ports.ts'
import { InvariantViolation } from '../../support/errors.ts'

/**
 * A publisher that publishes nothing: it tells of each transaction, and counts offsets on from where the topics end, so that
 * passes see their own changes lie behind what was there (R9 c).
 */
export class RecordingPublisher implements ChangePublisher {
  readonly #ends: Map<string, number[]>
  readonly #onTransaction: (request: TransactionRequest) => void
  #seq: number

  /**
   * @param state `seq`: of the last transaction; `nextOffsets`: of every data topic, by resource
   * @param onTransaction told of what would be committed, in order
   */
  constructor(
    { seq, nextOffsets }: { readonly seq: number; readonly nextOffsets: NextOffsets },
    onTransaction: (request: TransactionRequest) => void,
  ) {
    this.#seq = seq
    this.#ends = new Map(Object.entries(nextOffsets).map(([name, ends]) => [name, [...ends]]))
    this.#onTransaction = onTransaction
  }

  async commit(request: TransactionRequest, signal: AbortSignal): Promise<Receipt> {
    signal.throwIfAborted()
    const positions = request.parts.map((part) => this.#place(part))
    this.#seq += 1
    this.#onTransaction(request)
    const nextOffsets = Object.fromEntries([...this.#ends].map(([name, ends]) => [name, [...ends]]))
    return { seq: this.#seq, positions, nextOffsets }
  }

  nextOffsets(resource: ResourceName): readonly number[] {
    return [...this.#endsOf(resource)]
  }

  #place({ resource, changes }: TransactionPart): readonly RecordPosition[] {
    const ends = this.#endsOf(resource.name)
    // An event and its tombstone (R13), where that does not come alone.
    const ofDeletion = resource.events.deletion === 'tombstone' ? 1 : 2
    return changes.map(({ key, kind }) => {
      const partition = partitionFor(key, ends.length)
      const end = (ends[partition] ?? 0) + (kind === 'deletion' ? ofDeletion : 1)
      ends[partition] = end
      return { partition, offset: end - 1 }
    })
  }

  #endsOf(resource: ResourceName): number[] {
    const ends = this.#ends.get(resource)
    if (ends === undefined) throw new InvariantViolation(`The feed has no topic for ${resource}.`)
    return ends
  }
}
