/** The transactions of a feed, as its checkpoints tell of them. */
import type { FeedDump, FeedRecord } from './findings.ts'
import type { JudgedResource } from './judged-resources.ts'

/** The checkpoint that was written in a transaction. */
export interface Checkpoint {
  /** In the topic `checkpoints`. */
  readonly offset: number
  /** Milliseconds since 1970. */
  readonly timestamp: number
  readonly resource: string
  /** `UPDATE`, `PURGE` … */
  readonly pass: string
  /** `HELD`, `COMPLETED` … */
  readonly state: string
  /** The hold that an operator decides on by this pass. */
  readonly decidesOn: string | null
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
  /** Topics of rows that follow every transaction. */
  readonly rows: ReadonlySet<string>
  /** It belongs to a pass. */
  readonly isOfPass: boolean
}

export interface FeedTransaction {
  readonly checkpoint: Checkpoint
  /** Of the same pass: what it had counted before. */
  readonly before: Pick<Checkpoint, 'counts' | 'emitted'>
  /** In the data topics, by resource. */
  readonly records: ReadonlyMap<string, readonly FeedRecord[]>
  /** In the topics of rows, by resource. */
  readonly rows: ReadonlyMap<string, readonly FeedRecord[]>
  /** Next offsets before it. */
  readonly from: Checkpoint['nextOffsets']
  /** The topic that was deleted since with what this transaction wrote there. */
  readonly gone: string | undefined
}

const NOTHING_COUNTED = { counts: {}, emitted: 0 } as const

export function checkpointsOf({ checkpoints }: Pick<FeedDump, 'checkpoints'>): readonly Checkpoint[] {
  return checkpoints
    .filter(({ value }) => value?.name === 'Checkpoint' || value?.name === 'RowTopics')
    .map(parseCheckpoint)
}

/** @param recreated data topic that was made anew before the last generation */
export function transactionsOf(
  dump: FeedDump,
  resources: readonly JudgedResource[],
  recreated: string | undefined,
): readonly FeedTransaction[] {
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
    const rows = rowsBetween(dump, resources, from, nextOffsets)
    const transaction = { checkpoint, before, records, rows, from, gone }
    // Rows that are turned off are in no checkpoint, and go on where they were.
    from = { ...from, ...nextOffsets }
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

function rowsBetween(
  dump: FeedDump,
  resources: readonly JudgedResource[],
  from: Checkpoint['nextOffsets'],
  to: Checkpoint['nextOffsets'],
): FeedTransaction['rows'] {
  return new Map(
    resources.map(({ name, rows: { topic } }) => {
      const isWithin = ({ partition, offset }: FeedRecord): boolean =>
        offset >= (from[topic]?.[partition] ?? 0) && offset < (to[topic]?.[partition] ?? 0)
      return [name, (dump.rows.get(name)?.records ?? []).filter(isWithin)]
    }),
  )
}

/** Records behind the last checkpoint. */
export function uncovered({ data }: FeedDump, last: FeedTransaction | undefined): number {
  const next = last?.checkpoint.nextOffsets ?? {}
  return [...data].flatMap(([name, { records }]) =>
    records.filter(({ partition, offset }) => offset >= (next[name]?.[partition] ?? 0)),
  ).length
}

function parseCheckpoint({ value, offset, timestamp }: FeedRecord): Checkpoint {
  const body = value?.body ?? {}
  const deletes = (body['deletes'] ?? {}) as Readonly<Record<string, number>>
  const rows = body['rows'] as Readonly<Record<string, Readonly<Record<string, readonly number[]>>>>
  return {
    offset,
    timestamp,
    resource: String(body['resource']),
    pass: String(body['pass']),
    state: String(body['state']),
    decidesOn: (body['decidesOn'] ?? null) as string | null,
    seq: Number(body['seq']),
    generation: Number(body['generation']),
    instanceId: String(body['instanceId']),
    passId: String(body['passId']),
    isCompleted: body['state'] === 'COMPLETED',
    walked: Number(body['walked']),
    nextOffsets: body['nextOffsets'] as Checkpoint['nextOffsets'],
    counts: (body['counts'] ?? {}) as Checkpoint['counts'],
    emitted: deletes['emitted'] ?? 0,
    rows: new Set(
      Object.entries(rows)
        .filter(([, mark]) => Object.values(mark).every((offsets) => offsets.length === 0))
        .map(([topic]) => topic),
    ),
    isOfPass: value?.name === 'Checkpoint',
  }
}
