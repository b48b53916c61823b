import type { z } from 'zod'

import type { JsonValue } from '../../domain/json.ts'
import type { Member } from '../api/envelope.ts'
import type { Mls } from '../data-share.ts'
import type { KeyOrder } from '../api/key-order.ts'
import type { Subrows } from '../api/subrows.ts'
import type { Behaviour } from '../behaviour.ts'
import type { Prng } from '../prng.ts'
import type { FieldDefinition, FieldSpec } from './field-catalog.ts'
import type { CommonAction } from './record-command.ts'
import type { RecordIdentity, RecordOrigin, SimulatedRecord } from './simulated-record.ts'

/** About 150 fields of a listing, or about 430. */
export type FieldSet = 'standard' | 'full'

/** What a record's values hang on beside the record. */
export interface Surroundings {
  /** Days since 1970. */
  readonly today: number
  readonly dataShare: readonly Mls[]
  /** One of the records that another collection began with, the same for the same `hash`; null if it has none. */
  readonly firstIn: (collection: string, hash: number) => RecordIdentity | null
  /** Those of another collection that belong to the record of this key, ascending by key. */
  readonly ownedBy: (collection: string, key: string) => readonly OwnedRecord[]
  /** Milliseconds since 1970. */
  readonly now: number
  readonly behaviour: Behaviour
}

/** In view, or over by time passing. */
export interface OwnedRecord {
  readonly key: string
  readonly isOver: boolean
  /** What the API shows of its fields, by name. */
  readonly values: () => readonly (readonly [name: string, value: JsonValue])[]
}

/** What `_expand` adds to a record (docs/spark-api.md §2.5). */
export interface Expansion<R extends SimulatedRecord> {
  /** In `_expand`. */
  readonly name: string
  readonly member: string
  /** Among the fields, or beside them (docs/spark-api.md §4.1). */
  readonly at: 'fields' | 'top'
  /** Not where several records are asked for (docs/spark-api.md §2.5). */
  readonly isOfOne: boolean
  /** Whether this key may see it. What it may not is silently left out. */
  isGranted(behaviour: Behaviour): boolean
  /** JSON. @throws {ApiFailure} if the API stumbles over it */
  text(record: R, around: Surroundings, order: KeyOrder): string
}

/** What belongs to one record and has a path below it. */
export interface Sublist<R extends SimulatedRecord> {
  /** Below that of the record: `photos`, `openhouses/all`. A row's own is `<path>/{Id}`. */
  readonly path: string
  /** @throws {ApiFailure} */
  rows(record: R, around: Surroundings): Subrows
}

/** What the API shows of a record, and what a filter may name. */
export interface RecordFields<R extends SimulatedRecord> {
  /** `top`: they are members of the record itself. */
  readonly at: 'StandardFields' | 'top'
  named(set: FieldSet): readonly FieldSpec[]
  /** Of `_expand=CustomFieldsRaw`. */
  readonly custom: readonly FieldSpec[]
  /** Values that are the record's own state, by id of the fields of kind `fact`. */
  readonly facts: Readonly<Record<string, (record: R, around: Surroundings) => JsonValue>>
  /** Members beside the fields, which a `_select` leaves out. `alone`: the record is asked for by its Id. */
  extras(alone: boolean): readonly Member[]
  /** @default none but custom fields */
  readonly expansions?: readonly Expansion<R>[]
}

export interface ChangeContext {
  readonly prng: Prng
  readonly dataShare: readonly Mls[]
  /** Milliseconds since 1970, whole seconds. */
  readonly stamp: number
  /** @throws {ListingstreamError} SIMULATOR_UNKNOWN_FIELD */
  readonly field: (name: string) => FieldDefinition
  readonly behaviour: Behaviour
  /** Does a part of the change only so many milliseconds after the rest of it has become visible. */
  readonly defer: (ms: number, mutate: () => void) => void
}

/** One kind of change that is a collection's own. */
export interface OwnChange<R extends SimulatedRecord, Own extends string> {
  readonly action: Own
  /** Which records a command chooses by itself. */
  applies(record: R): boolean
  /** A command that names no number is for all of them. */
  readonly isOfAll: boolean
  /** What a command may say beside its selection. @default nothing */
  readonly words?: z.ZodRawShape
  /** Whether the record has a new stamp of it. @default it has */
  readonly isStamped?: (behaviour: Behaviour) => boolean
  /**
   * All chance is drawn at once: for the command here, for each of its records in the function that this answers. What
   * that answers is done when the change becomes visible, and a new stamp is given with it.
   */
  draw(context: ChangeContext, command: object): (record: R) => () => void
}

/** What happens to a collection by itself. */
interface UsualChanges<Own extends string> {
  /** One change at so many ticks of the market. Listings change at each. */
  readonly everyTicks: number
  /** Which, in their shares. */
  readonly shares: readonly (readonly [action: Own | CommonAction, share: number])[]
}

/** All that is peculiar to one collection. Paging, filters, cache lag, faults and commands are the same for all. */
export interface CollectionDefinition<R extends SimulatedRecord, Own extends string> {
  /** In the paths under `/_simulator/`: `listings`. */
  readonly name: string
  /** From the root of the API: `/v1/listings`. A record's own is `<path>/{Id}`. */
  readonly path: string
  /** Largest `_limit` of a replication key. */
  readonly maxLimit: number
  /** Id of the field that shows when the record was changed last; null if none does. */
  readonly stamp: string | null
  /** Records at the start, in a market of so many listings and MLSs; rounded up. */
  size(listings: number, mlsCount: number): number
  /** A record with a past between `createdAt` and `until`. All chance comes of its seed. */
  generate(origin: RecordOrigin): R
  /** When a record goes by itself, in milliseconds since 1970; null: none does. */
  readonly endsAt: ((record: R) => number) | null
  readonly fields: RecordFields<R>
  readonly changes: readonly OwnChange<R, Own>[]
  readonly usual: UsualChanges<Own>
  /** Key of the listing that it belongs to, whose stamp its changes move. @default it belongs to none */
  readonly owner?: (record: R, around: Pick<Surroundings, 'firstIn'>) => string | null
  /** @default none */
  readonly sublists?: readonly Sublist<R>[]
}
