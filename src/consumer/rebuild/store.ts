/**
 * The port of the stores that a feed can be rebuilt into. One process writes a store, in **rounds**: each takes it from one
 * state of the whole feed to a later one, and nothing between the two is ever visible to a reader of the store.
 */
import type { Instant } from '../../domain/instant.ts'
import type { NextOffsets } from '../../domain/pass.ts'
import type { ResourceName } from '../../domain/resource.ts'

/**
 * What a column holds, and how its values are given to the store:
 *
 * - `text`: a string, which has no NUL and no lone surrogates (`isPlainText`: the publisher lets none through)
 * - `integer`: a whole number within ±(2^53 − 2)
 * - `real`: a finite double, never −0
 * - `boolean`: 1 or 0
 * - `date`: `2026-05-02`, years 0001 to 9999
 * - `timestamp`: `2026-05-02T14:03:09.000Z`, the same years
 * - `json`: JSON text of an object or an array
 *
 * Each of them may be null, but for the key.
 */
export type ColumnType = 'text' | 'integer' | 'real' | 'boolean' | 'date' | 'timestamp' | 'json'
export type ColumnValue = string | number | null

export interface Column {
  /** No two of a table differ in case alone. ASCII letters, digits and `_`. */
  readonly name: string
  readonly type: ColumnType
  /** Where its values stand in the event, e.g. `listing.standardFields.ListPrice`. A column's identity, with its type. */
  readonly field: string
}

/** The records of one resource. */
export interface Table {
  /** Of the resource, with `_` for `-`. */
  readonly name: string
  readonly resource: ResourceName
  /** The first is the key: text, not null, unique. They are only added. */
  readonly columns: readonly Column[]
}

/** What a store can hold. Fields beyond it travel in the column `UnmappedFields`. */
interface StoreLimits {
  readonly maxColumns: number
  readonly maxNameBytes: number
}

/** Of which feed a store's rows are. */
export interface StoredFeed {
  readonly prefix: string
  readonly clusterId: string
  readonly generation: number
}

/**
 * A replay fills tables of its own, which then take the place of the visible ones; a catch-up collects what changed, and
 * changes the visible tables.
 */
export type RoundKind = 'replay' | 'catch-up'

export interface Round {
  readonly kind: RoundKind
  readonly feed: StoredFeed
  /** By resource: a state after a whole transaction of the publisher, for all tables at once. */
  readonly ends: NextOffsets
  /** When these ends were read, by this machine's clock. */
  readonly pinnedAt: Instant
}

/** What readers of the store see. */
export interface VisibleState {
  readonly feed: StoredFeed
  /** By resource: everything below is applied. */
  readonly offsets: NextOffsets
  /** Of the round that brought it. */
  readonly pinnedAt: Instant
  readonly tables: readonly Table[]
}

/** A round that was begun and not finished. */
export interface StagedState {
  readonly round: Round
  /** By resource: everything below is staged; where the round began at first. */
  readonly reached: NextOffsets
  /** With the columns that the round has added so far. */
  readonly tables: readonly Table[]
}

export interface StoreState {
  readonly visible: VisibleState | null
  readonly staged: StagedState | null
}

/** The last word of a batch on a key. */
export interface StagedRow {
  readonly key: string
  readonly partition: number
  readonly offset: number
  /** In the order of the table's columns as it was last told, and as many; null: the key is deleted. */
  readonly values: readonly ColumnValue[] | null
}

export interface StagedBatch {
  /**
   * A key is there once. Of a key, a later batch is the later word. Rows may be made as they are asked for, once and in their
   * order; if their making throws, nothing of the batch is staged, and the call rejects with that.
   */
  readonly rows: readonly { readonly table: Table; readonly rows: Iterable<StagedRow> }[]
  /** By resource, of all tables of the round: where the reading stands after the batch. */
  readonly reached: NextOffsets
}

export interface FinishedRound {
  /** In words, what others had made for the tables (an index, say) and could not be kept. */
  readonly lost: readonly string[]
}

/** A transaction of somebody else that is in the way of a round which is to become visible. */
export interface OtherTransaction {
  /** Of the server's process that holds it. */
  readonly pid: number
  /** As its client calls itself; empty if it does not, or if this user may not know. */
  readonly application: string
}

/** Told when a store begins to wait for others, and of those who are left. None: it is not known who. */
export type WaitingListener = (waitingFor: readonly OtherTransaction[]) => void

/** Calls follow each other: none is made before the last one has answered. Every one of them is a transaction, or nothing. */
export interface RebuildStore extends AsyncDisposable {
  readonly limits: StoreLimits

  /**
   * The first call: takes the store for this process, and tells what it holds. An empty one: both null. Nothing is written
   * before `begin`: what is refused stays as it is.
   *
   * @throws {StoreError} STORE_NEWER, STORE_FOREIGN, STORE_BUSY, STORE_UNAVAILABLE …
   */
  open(signal: AbortSignal): Promise<StoreState>

  /**
   * Begins a round, and forgets one that was begun before.
   *
   * @param from by resource, where the reading begins
   * @throws {StoreError} STORE_FOREIGN for what bears the name of one of the tables
   */
  begin(round: Round, tables: readonly Table[], from: NextOffsets, signal: AbortSignal): Promise<void>

  /** Of the round that is under way; in the visible table they appear when it is finished. @param table with them */
  addColumns(table: Table, added: readonly Column[], signal: AbortSignal): Promise<void>

  /** Rows and offsets in one transaction: what is staged stays, whatever becomes of the process. */
  stage(batch: StagedBatch, signal: AbortSignal): Promise<void>

  /** Makes the round visible as a whole; nothing is staged any more. */
  finish(signal: AbortSignal, onWaiting?: WaitingListener): Promise<FinishedRound>
}
