import type { Digest, SchemaId } from './content.ts'
import type { Instant } from './instant.ts'
import type { ChangeStamps } from './resource.ts'

/** Complete sweeps, one after the other, that did not show a key. The index alone counts them: without it, counting begins anew. */
export interface Missing {
  /** Begin of the first one. */
  readonly since: Instant
  /** Begin of the last one, so that a sweep which is resumed counts once. */
  readonly last: Instant
  readonly sweeps: number
}

/** What is known of a key. */
export interface IndexEntry {
  /** `deleted` keys are remembered for `delete.retention.ms` (R9); `dead_lettered`: the last content could not be published. */
  readonly state: 'live' | 'deleted' | 'dead_lettered'
  /** Of the last published content; of the raw JSON for `dead_lettered`. */
  readonly digest: Digest
  /**
   * Of a `dead_lettered` key: the digest of its last published content, under `schemaId`, so that its return publishes
   * nothing (R5). @default none: the topic does not have the key, or has it as deleted
   */
  readonly publishedDigest?: Digest
  readonly schemaId: SchemaId
  /** How many fields of the last published content are masked. @default not known: an earlier version published it, or nothing is */
  readonly masked?: number
  readonly modificationTimestamp: Instant | null
  /** When the source was last seen to say so; for `deleted`, since when it is absent (`Deletion.absentSince`). */
  readonly observedAt: Instant
  readonly changeStamps: ChangeStamps
  readonly mlsId: string | null
  /** Position of the key's last record in the resource's topic; −1 for `dead_lettered` without one. */
  readonly partition: number
  readonly offset: number
  /** The request that last published or confirmed it (R6); 0 after a rebuild. */
  readonly request: number
  /** @default the last sweep showed it, or something has since */
  readonly missing?: Missing
}

/** What a purge compares with its walk. */
export type EntryOutline = Pick<
  IndexEntry,
  'state' | 'modificationTimestamp' | 'observedAt' | 'mlsId' | 'partition' | 'offset' | 'missing'
>
