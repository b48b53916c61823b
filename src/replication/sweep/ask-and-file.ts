import type { PassProgress } from '../../domain/pass.ts'
import type { RecordKey } from '../../domain/record-key.ts'
import type { ListedResource } from '../../domain/resource.ts'
import { formatProof } from '../deletion-proof.ts'
import type { Feed } from '../feed.ts'
import { askFates, type FateKind } from '../questions.ts'

export interface SweepQuestion {
  /** At most `keysPerQuestion`. */
  readonly keys: readonly RecordKey[]
  /** A key that the source has just shown; undefined if it shows none. */
  readonly witness: RecordKey | undefined
  /** Whether a key that is gone, or out of scope, may be deleted for it. @default any */
  readonly isConfirmed?: (key: RecordKey, fate: FateKind) => boolean
}

/** Asks the source about some keys, and files the proof of each that is gone, or out of scope, in the pass's ledger (R9 b). */
export async function askAndFile(
  { source, serverClock, index }: Feed,
  resource: ListedResource,
  { passId, page }: PassProgress,
  { keys, witness, isConfirmed }: SweepQuestion,
  signal: AbortSignal,
): Promise<ReadonlyMap<RecordKey, FateKind>> {
  const fates = await askFates(source, resource, keys, witness, signal)
  const proved: [RecordKey, string][] = []
  for (const [key, fate] of fates) {
    if (fate.kind === 'present' || fate.kind === 'inconclusive') continue
    if (isConfirmed?.(key, fate.kind) === false) continue
    const reason = fate.kind === 'gone' ? 'NOT_IN_SOURCE' : 'OUT_OF_SCOPE'
    const at = serverClock.observed(fate.serverDate, fate.receivedAt)
    proved.push([key, formatProof({ ...fate, reason, at })])
  }
  await index.ledger.add(passId, 'gone', page + 1, proved)
  return new Map([...fates].map(([key, { kind }]) => [key, kind]))
}
