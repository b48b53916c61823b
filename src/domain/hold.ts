import type { DeletionEvidence, DeletionReason } from './change.ts'
import type { Instant } from './instant.ts'
import type { PassId, PassKind, RecordPosition } from './pass.ts'
import type { RecordKey } from './record-key.ts'
import type { ResourceName } from './resource.ts'

/** What of a pass the guard holds (R10): its deletes, records that gain masked fields, or changes of whatever kind. */
export const HOLD_KINDS = ['deletes', 'masking', 'changes'] as const
export type HoldKind = (typeof HOLD_KINDS)[number]
/** Of records that were read again, and are not published. */
export type RecordHoldKind = Exclude<HoldKind, 'deletes'>

/** That the guard holds something, until an operator decides or another pass of the kind comes to a verdict. */
export interface Hold {
  readonly resource: ResourceName
  readonly pass: PassKind
  /** Names it: the id of the pass that found it, of a purge's records with `-records` behind it. */
  readonly passId: PassId
  readonly kind: HoldKind
  readonly generation: number
  /** See `PassProgress`. */
  readonly startedAt: Instant
  /** See `PassProgress`: what was published since is not deleted, however late the approval (R9 c). */
  readonly sweepOffsets: readonly number[]
  /** By the clock of the process that holds. */
  readonly heldAt: Instant
  readonly why: string
  /**
   * When an operator rejected it, by the clock of the process that did; null while it stands. Of records alone: it is held no
   * longer, and no other pass publishes its keys until one of its kind has judged anew.
   */
  readonly rejectedAt: Instant | null
}

/** How a key was proved to be gone, or out of scope, when it was held. An approval proves it anew. */
interface HeldProof {
  readonly reason: Exclude<DeletionReason, 'OPERATOR'>
  readonly evidence: DeletionEvidence
  /** By the source's clock. */
  readonly at: Instant
}

/** A key that would be deleted, or whose new content is not published, with what is known of it. */
export interface HeldKey {
  readonly key: RecordKey
  /** Null where the walk came back empty: there was no witness to ask with; and where no delete is held. */
  readonly proof: HeldProof | null
  readonly mlsId: string | null
  readonly lastModificationTimestamp: Instant | null
  /** When the source last showed it whole. */
  readonly lastSeenAt: Instant
  /** Of its last event; null if none was published. */
  readonly position: RecordPosition | null
}

/** A record of the topic `holds`: some of the keys. */
export interface HeldChunk {
  readonly hold: Hold
  /** From 0. */
  readonly chunk: number
  /** Of the last one, which is written with the verdict: chunks and keys of the whole hold. Null of the others. */
  readonly whole: { readonly chunks: number; readonly keys: number } | null
  readonly keys: readonly HeldKey[]
}

/** Names a record of the topic `holds`. */
export interface HeldChunkId {
  readonly resource: ResourceName
  readonly passId: PassId
  readonly chunk: number
}

/** What a transaction does to the topic `holds`. */
export interface HoldChanges {
  readonly written: readonly HeldChunk[]
  readonly ended: readonly HeldChunkId[]
}

/** One whose last chunk is written. */
export interface StandingHold {
  readonly hold: Hold
  readonly chunks: number
  readonly keys: number
}

/** What is known of a hold without its keys. */
export interface KnownHold {
  readonly hold: Hold
  /** Numbers of the chunks that lie in the topic. */
  readonly chunks: ReadonlySet<number>
  readonly whole: HeldChunk['whole']
}

export function isOfRecords(kind: HoldKind): kind is RecordHoldKind {
  return kind !== 'deletes'
}

/** Undefined unless all of its chunks are there: a sweep that was killed leaves some. */
export function standing({ hold, chunks, whole }: KnownHold): StandingHold | undefined {
  if (whole === null) return undefined
  for (let chunk = 0; chunk < whole.chunks; chunk += 1) if (!chunks.has(chunk)) return undefined
  return { hold, ...whole }
}
