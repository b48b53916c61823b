/** What the checker looks for: the columns of the report. */
export const COLUMNS = [
  'lost',
  'duplicated',
  'out of order',
  'torn transaction',
  'false delete',
  'missing delete',
  'index differs',
  'checkpoint regression',
  'fenced writer',
  'unsettled',
] as const
export type Column = (typeof COLUMNS)[number]

export interface Finding {
  readonly column: Column
  readonly what: string
}

/** Milliseconds since 1970. */
export interface Interval {
  readonly from: number
  readonly to: number
}

/** An Avro value with the name of its record, as plain avsc reads it. */
export interface Decoded {
  readonly name: string
  readonly body: Readonly<Record<string, unknown>>
  /** Type of each standard field: `date`, `timestamp-millis`, `array`, `string` …; only of a `ListingUpserted`. */
  readonly fieldTypes: ReadonlyMap<string, string>
  readonly schemaId: number
}

/** One committed record. */
export interface FeedRecord {
  readonly partition: number
  readonly offset: number
  /** Milliseconds since 1970. */
  readonly timestamp: number
  readonly key: string
  readonly headers: Readonly<Record<string, string>>
  /** Null for a tombstone. */
  readonly value: Decoded | null
}

/** All that a feed's topics hold, by partition and offset. */
export interface FeedDump {
  readonly listings: readonly FeedRecord[]
  readonly checkpoints: readonly FeedRecord[]
  readonly control: readonly FeedRecord[]
  readonly partitions: number
}

/** One entry of the key index, as its bytes say. */
export interface IndexedKey {
  readonly state: number
  readonly digest: string
  readonly schemaId: number
  readonly partition: number
  readonly offset: number
}

export interface Truth {
  /** `StandardFields` of each visible listing. */
  readonly listings: ReadonlyMap<string, Readonly<Record<string, unknown>>>
  readonly hidden: ReadonlyMap<string, readonly Interval[]>
  /** How far the source's `Date` may have been off in this run. */
  readonly clockSlackMs: number
}
