import type { NextOffsets } from '../../../domain/pass.ts'
import type { ResourceName } from '../../../domain/resource.ts'
import type { FinishedRound, Round, StoreState, WaitingListener } from '../store.ts'
import type { PackedBatch } from './packed-batch.ts'

/** The schema of a value, as the registry has it. */
export interface SchemaText {
  readonly id: number
  readonly text: string
}

/** What a batch came to. */
export interface Staged {
  readonly records: number
  /** Of them, those that were the last of their key in the batch. */
  readonly rows: number
}

/** Records as they come from Kafka, into a store. Calls follow each other. */
export interface RebuildWriter extends AsyncDisposable {
  open(): Promise<StoreState>
  /** @param newest the schema that the events of a resource are written with now, where there is one */
  begin(
    round: Round,
    resources: readonly { readonly name: ResourceName; readonly newest: SchemaText | null }[],
    from: NextOffsets,
  ): Promise<void>
  /** Before the first batch that has values of it. */
  learn(schema: SchemaText): Promise<void>
  stage(batch: PackedBatch): Promise<Staged>
  finish(onWaiting: WaitingListener): Promise<FinishedRound>
}
