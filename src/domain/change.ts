import type { Digest, EncodedContent } from './content.ts'
import type { Instant } from './instant.ts'
import type { JsonValue } from './json.ts'
import type { RecordKey } from './record-key.ts'
import type { ChangeStamps } from './resource.ts'

/**
 * Why a record is published. SNAPSHOT: seen for the first time, by the first full walk. RESTORED: it had been deleted.
 * REPUBLISHED: an operator asked for it, and it says what the event before said.
 */
export type UpsertReason = 'SNAPSHOT' | 'CREATED' | 'UPDATED' | 'RESTORED' | 'REPUBLISHED'
/**
 * OPERATOR: not in the source; the guard held it, and an operator approved that. OUT_OF_SCOPE: the source has it, and the
 * feed's own filter does not show it any more.
 */
export type DeletionReason = 'NOT_IN_SOURCE' | 'OPERATOR' | 'OUT_OF_SCOPE'
/** How the source said that the key is gone (R9 b). */
export type DeletionEvidence = 'LIST_QUERY' | 'HTTP_404'

interface ChangeBase {
  readonly key: RecordKey
  readonly mlsId: string | null
  readonly changeStamps: ChangeStamps
  /** Digest of the last published content of the key; null if there is none. */
  readonly previousDigest: Digest | null
}

export interface Upsert extends ChangeBase {
  readonly kind: 'upsert'
  readonly reason: UpsertReason
  readonly modificationTimestamp: Instant | null
  readonly observedAt: Instant
  readonly content: EncodedContent
}

export interface Deletion extends ChangeBase {
  readonly kind: 'deletion'
  readonly reason: DeletionReason
  readonly evidence: DeletionEvidence
  readonly deletedAt: Instant
  /**
   * Until the overlap after this, what shows the key may be out of date (R9). Where the scope was changed it lies so far back
   * that the overlap is over: whatever shows the key then is news.
   */
  readonly absentSince: Instant
  readonly lastModificationTimestamp: Instant | null
  /** When it was last read from the source, by the source's clock; a walk of keys alone leaves no trace. */
  readonly lastSeenAt: Instant | null
  /** Begin of the first complete sweep that did not show it, as far as the index knows. Null for what goes with its record. */
  readonly missingSince: Instant | null
  /** What its last event said, by the names that the resource gives its `lastFields`. */
  readonly lastFields: LastFields
}

/** Null: the event did not say, or is not there any more. */
export type LastFields = Readonly<Record<string, string | null>>

export type Change = Upsert | Deletion

/** A record that cannot be published, whole (R12). */
export interface DeadLetter {
  /** Null if the record has none; it is then filed under a digest of its JSON. */
  readonly key: RecordKey | null
  readonly reason: string
  /** As it came; bytes if they are no JSON. */
  readonly body: JsonValue | Uint8Array
}
