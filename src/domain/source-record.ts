import type { EncodeResult, SchemaId } from './content.ts'
import type { Instant } from './instant.ts'
import type { JsonObject, JsonValue } from './json.ts'
import type { RecordKey } from './record-key.ts'
import type { ChangeStamps } from './resource.ts'

/** One row of the source, parsed as far as the passes need it; the rest stays as it came. */
export interface SourceRecord {
  readonly key: RecordKey
  /** Null if the row has none or one that is no datetime (always so where only keys were asked for). */
  readonly modificationTimestamp: Instant | null
  readonly mlsId: string | null
  readonly changeStamps: ChangeStamps
  /** The element of `Results`, members in the source's order. */
  readonly body: JsonObject
  /** It cannot be read, and `body` is what is known of it. @default it can */
  readonly broken?: BrokenRecord
  /** Where it was read, its content was made as well. @default that is yet to be done */
  readonly made?: MadeContent | undefined
}

/** The content of a record under one schema; under another one it is something else. */
export interface MadeContent {
  readonly schemaId: SchemaId
  readonly result: EncodeResult
}

export interface BrokenRecord {
  readonly reason: string
  /** The answer that brought it alone, unzipped; undefined if that was too long to be kept. */
  readonly bytes: Uint8Array | undefined
}

/** A row without a usable key: it cannot be ordered or compacted, only dead-lettered (R12). */
export interface UnreadableRecord {
  readonly reason: string
  readonly body: JsonValue
}
