/** What the checker looks for: the columns of the report. */
export const COLUMNS = [
  'lost',
  'duplicated',
  'out of order',
  'torn transaction',
  'false delete',
  'missing delete',
  'wrong set',
  'orphaned set',
  'wrong header',
  'wrong row',
  'dead letter',
  'index differs',
  'wrong certificate',
  'unapproved',
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

/** What an Avro schema says of a value that may be null. */
export type Shape =
  | { readonly kind: 'record'; readonly fields: Shapes }
  | { readonly kind: 'list'; readonly of: Shape }
  /** Of labels. */
  | { readonly kind: 'map' }
  /** `date`, `timestamp-millis`, `string` … */
  | { readonly kind: 'plain'; readonly type: string }
export type Shapes = ReadonlyMap<string, Shape>

/** An Avro value with the name of its record, as plain avsc reads it. */
export interface Decoded {
  readonly name: string
  readonly body: Readonly<Record<string, unknown>>
  readonly shapes: Shapes
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
  /** The data topic that it could not be published to, without the prefix. */
  readonly topic: string
  /** Of the record; empty if the program could not read it. */
  readonly key: string
  readonly reason: string
}

export interface TopicDump {
  readonly records: readonly FeedRecord[]
  readonly partitions: number
}

/** All that a feed's topics hold, by partition and offset. */
export interface FeedDump {
  /** Of each resource, by its name. */
  readonly data: ReadonlyMap<string, TopicDump>
  /** Of rows of each resource, by its name; none of one that has no such topic. */
  readonly rows: ReadonlyMap<string, TopicDump>
  readonly checkpoints: readonly FeedRecord[]
  readonly control: readonly FeedRecord[]
  /** What the guard holds, and has held. */
  readonly holds: readonly FeedRecord[]
  readonly letters: readonly Letter[]
}

/** Nothing where there is no such topic. */
export function recordsOf(
  { data }: Pick<FeedDump, 'data'>,
  { name }: { readonly name: string },
): readonly FeedRecord[] {
  return data.get(name)?.records ?? []
}

/** One entry of the key index, as its bytes say. */
export interface IndexedKey {
  readonly state: number
  readonly digest: string
  readonly schemaId: number
  readonly partition: number
  readonly offset: number
}

/** By key, the fields of each record. */
export type Shown = ReadonlyMap<string, Readonly<Record<string, unknown>>>

export interface Truth {
  /** What the source shows, by the name of the resource; of a set its rows, under the name of its expansion. */
  readonly shown: ReadonlyMap<string, Shown>
  /** When what could not be seen, by the name of the resource. */
  readonly hidden: ReadonlyMap<string, ReadonlyMap<string, readonly Interval[]>>
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
  readonly guarded: Guarded
}

/** What the guard of the listings has to keep back (R10). Times are milliseconds since 1970, by the source's clock. */
export interface Guarded {
  /** No sweep deletes more listings by itself; `Infinity`: nobody counts. */
  readonly hardMax: number
  /** From then on everything may go. */
  readonly liftedAt: number
  /** Keys that may go of a hold, by its name. Of all others none may. */
  readonly approved: ReadonlyMap<string, number>
  /** By the field that is masked for most of the listings at once: those of them that had not moved before. */
  readonly masked: ReadonlyMap<string, ReadonlySet<string>>
  /** From then on these masks may be published. */
  readonly maskedUntil: number
}
