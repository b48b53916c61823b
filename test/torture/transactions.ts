/** The transactions of a feed, as its checkpoints tell of them. */
import type { FeedDump, FeedRecord } from './findings.ts'

/** The checkpoint that was written in a transaction. */
export interface Checkpoint {
  /** In the topic `checkpoints`. */
  readonly offset: number
  readonly resource: string
  readonly seq: number
  readonly generation: number
  readonly instanceId: string
  readonly passId: string
  readonly isCompleted: boolean
  /** Distinct keys. */
  readonly walked: number
  /** By data topic, then by partition. */
  readonly nextOffsets: Readonly<Record<string, readonly number[]>>
  /** Records by outcome. */
  readonly counts: Readonly<Record<string, number>>
  readonly emitted: number
}

export interface FeedTransaction {
  readonly checkpoint: Checkpoint
  /** Of the same pass: what it had counted before. */
  readonly before: Pick<Checkpoint, 'counts' | 'emitted'>
  /** In the data topics, by resource. */
  readonly records: ReadonlyMap<string, readonly FeedRecord[]>
  /** Next offsets before it. */
  readonly from: Checkpoint['nextOffsets']
  /** The topic that was deleted since with what this transaction wrote there. */
  readonly gone: string | undefined
}

const NOTHING_COUNTED = { counts: {}, emitted: 0 } as const

export function checkpointsOf({ checkpoints }: Pick<FeedDump, 'checkpoints'>): readonly Checkpoint[] {
  return checkpoints.filter(({ value }) => value?.name === 'Checkpoint').map(parseCheckpoint)
}

/** @param recreated data topic that was made anew before the last generation */
export function transactionsOf(dump: FeedDump, recreated: string | undefined): readonly FeedTransaction[] {
  const all = checkpointsOf(dump)
  const lastGeneration = all.at(-1)?.generation ?? 0
  const counted = new Map<string, FeedTransaction['before']>()
  let from: Checkpoint['nextOffsets'] = {}
  return all.map((checkpoint) => {
    const before = counted.get(checkpoint.passId) ?? NOTHING_COUNTED
    counted.set(checkpoint.passId, checkpoint)
    const gone = checkpoint.generation < lastGeneration ? recreated : undefined
    const nextOffsets =
      gone === undefined ? checkpoint.nextOffsets : { ...checkpoint.nextOffsets, [gone]: [] }
    const records = between(dump, from, nextOffsets)
    const transaction = { checkpoint, before, records, from, gone }
    from = nextOffsets
    return transaction
  })
}

function between(
  { data }: FeedDump,
  from: Checkpoint['nextOffsets'],
  to: Checkpoint['nextOffsets'],
): FeedTransaction['records'] {
  return new Map(
    [...data].map(([name, { records }]) => [
      name,
      records.filter(
        ({ partition, offset }) =>
          offset >= (from[name]?.[partition] ?? 0) && offset < (to[name]?.[partition] ?? 0),
      ),
    ]),
  )
}

/** Records behind the last checkpoint. */
export function uncovered({ data }: FeedDump, last: FeedTransaction | undefined): number {
  const next = last?.checkpoint.nextOffsets ?? {}
  return [...data].flatMap(([name, { records }]) =>
    records.filter(({ partition, offset }) => offset >= (next[name]?.[partition] ?? 0)),
  ).length
}

function parseCheckpoint({ value, offset }: FeedRecord): Checkpoint {
  const body = value?.body ?? {}
  const deletes = body['deletes'] as Readonly<Record<string, number>>
  return {
    offset,
    resource: String(body['resource']),
    seq: Number(body['seq']),
    generation: Number(body['generation']),
    instanceId: String(body['instanceId']),
    passId: String(body['passId']),
    isCompleted: body['state'] === 'COMPLETED',
    walked: Number(body['walked']),
    nextOffsets: body['nextOffsets'] as Checkpoint['nextOffsets'],
    counts: body['counts'] as Checkpoint['counts'],
    emitted: deletes['emitted'] ?? 0,
  }
}
