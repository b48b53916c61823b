import type { SweepCertificate } from '../domain/certificate.ts'
import type { Instant } from '../domain/instant.ts'
import type {
  DeleteCounts,
  NextOffsets,
  OutcomeCounts,
  PassEvent,
  PassId,
  PassKind,
  PassMarker,
  PassProgress,
  SourceIdentity,
} from '../domain/pass.ts'
import type { Pause } from '../domain/pause.ts'
import type { ResourceName } from '../domain/resource.ts'

/** Which transaction of the feed wrote a record, and who. */
interface TransactionStamp {
  readonly generation: number
  readonly instanceId: string
  /** Rises by one a transaction. */
  readonly seq: number
}

/** How far the rows of a topic follow its events; all empty: to the end of every transaction. */
export interface RowMark {
  /** Offsets in the topic of the rows: keys below are compared with the events, up to `sweepEnds`. */
  readonly swept: readonly number[]
  readonly sweepEnds: readonly number[]
  /** Offsets in the topic of the events: those below have their rows, up to `ends`. */
  readonly filled: readonly number[]
  readonly ends: readonly number[]
}

/** By topic of rows, without the prefix. None of a topic that nobody keeps, or that has to be filled anew. */
export type RowMarks = ReadonlyMap<string, RowMark>

/** What each transaction says of the topics after it. */
interface TopicsState {
  /** Of every data topic and every topic of rows. */
  readonly nextOffsets: NextOffsets
  /** Log start offset of each when the generation began; empty if a version wrote it that did not note it. */
  readonly startOffsets: NextOffsets
  readonly rows: RowMarks
  readonly source: SourceIdentity
}

/** Record `rows` of the topic `checkpoints`: of a transaction that belongs to no pass. */
export interface RowTopicsState extends TransactionStamp, TopicsState {}

/** Record `<resource>/<pass>` of the topic `checkpoints`. */
export interface Checkpoint extends TransactionStamp, TopicsState {
  readonly progress: PassProgress
  /** When a pass of this kind was last completed, by the publisher's clock; null if none was or nobody noted it. */
  readonly completedAt: Instant | null
}

/** Record `<resource>/watermark` of the topic `checkpoints`. */
export interface Watermark extends TransactionStamp {
  readonly resource: ResourceName
  readonly watermark: Instant
  readonly passId: PassId
}

/** Record `owner` of the topic `checkpoints` (R3). */
export interface Owner {
  readonly instanceId: string
  readonly host: string
  readonly pid: number
  /** Names the data directory, so that another one on the same host is told apart. */
  readonly dataDir: string
  readonly startedAt: Instant
  readonly aliveAt: Instant
  readonly version: string
  readonly generation: number
  /** Of the last transaction that the owner knows of. */
  readonly seq: number
  /** Null before the source was first asked. */
  readonly source: SourceIdentity | null
  readonly clusterId: string
}

/** Record `pause` of the topic `checkpoints`. It outlives a generation. */
export interface PausesRecord extends TransactionStamp {
  readonly pauses: readonly Pause[]
}

/**
 * Record `truncation` of the topic `checkpoints`: a data topic was seen to be shorter than the checkpoints say, and its
 * offsets may soon look right again (R2).
 */
export interface Truncation {
  readonly topic: string
  readonly partition: number
  /** In words, the offsets that were seen and expected. */
  readonly detail: string
  readonly generation: number
  readonly instanceId: string
}

/** Record of the topic `control`. */
export interface MarkerRecord {
  readonly event: PassEvent
  readonly resource: ResourceName
  readonly pass: PassKind
  readonly passId: PassId
  readonly startedAt: Instant
  /** Of the generation's first snapshot: once it is completed, the topic holds the whole resource. */
  readonly initial: boolean
  readonly walked: number
  readonly counts: OutcomeCounts
  readonly deletes: DeleteCounts
  /** In words, for `held`, `failed` and `watermark_set`. */
  readonly detail: string | null
  /** Why the sweep of a failed purge is not believed: one of `SWEEP_DOUBTS`, or what a newer version knows. */
  readonly reason: string | null
  readonly resumed: boolean
  readonly generation: number
  /** By the clock of the process that wrote it. */
  readonly at: Instant
  /** Of every data topic after the marker's transaction; `endOffsets` in its schema. */
  readonly nextOffsets: NextOffsets
}

/** Record of the topic `control`, too. */
export interface CertificateRecord extends SweepCertificate {
  /** Of the resource, with the prefix. */
  readonly topic: string
  readonly generation: number
}

export function markerRecord(
  { event, progress, detail }: PassMarker,
  context: Pick<MarkerRecord, 'generation' | 'at' | 'nextOffsets'>,
): MarkerRecord {
  const { resource, pass, passId, startedAt, initial, walked, counts, deletes, resumed } = progress
  const reason = event === 'failed' ? progress.sweepDoubt : null
  const pieces = { resource, pass, passId, startedAt, initial, walked, counts, deletes, resumed }
  return { event, ...pieces, detail, reason, ...context }
}
