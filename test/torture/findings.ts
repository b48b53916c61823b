/** What the checker looks for: the columns of the report. */
export const COLUMNS = [
  'lost',
  'duplicated',
  'out of order',
  'torn transaction',
  'false delete',
  'missing delete',
  'dead letter',
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

/** A dead letter that waits: no tombstone has settled it. */
export interface Letter {
  /** Of the record; empty if the program could not read it. */
  readonly key: string
  readonly reason: string
}

/** All that a feed's topics hold, by partition and offset. */
export interface FeedDump {
  readonly listings: readonly FeedRecord[]
  readonly checkpoints: readonly FeedRecord[]
  readonly control: readonly FeedRecord[]
  readonly letters: readonly Letter[]
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
  /** Stamps that the source set listings back to, in order. */
  readonly stampsBack: ReadonlyMap<string, readonly number[]>
  /** Listings that the source shows in a form that nobody can read: they may lie in the dead letters instead. */
  readonly unreadable: ReadonlySet<string>
  /** There were such listings, whose keys could not be read either. */
  readonly hadUnreadable: boolean
  /** How far ahead of the true time a watermark may lie: two honest clocks differ, and the overlap covers it (R4). */
  readonly clockToleranceMs: number
}
