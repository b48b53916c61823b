import type { JsonValue } from '../../domain/json.ts'
import type { ListService } from '../api/list-service.ts'
import type { Subrows } from '../api/subrows.ts'
import type { Behaviour } from '../behaviour.ts'
import type { FieldSet, OwnedRecord, Surroundings } from './collection-definition.ts'
import type { FieldCatalog, MetadataChange } from './field-catalog.ts'
import type { CommandReport } from './record-command.ts'
import type { RecordIdentity } from './simulated-record.ts'

/** A collection with its records, whatever they are of. */
export interface OpenCollection {
  readonly name: string
  readonly path: string
  /** What the API answers of it. */
  readonly service: ListService
  readonly catalog: FieldCatalog
  /** The list of the records of which a fact says this. */
  where(fact: string, value: JsonValue): ListService
  /** Rises with everything that a reader of the API could notice. */
  readonly revision: number
  /** Keys that were visible once and are no more. */
  readonly gone: readonly string[]
  /** Brings to light what is due by the clock. Called before anything is read. */
  advance(): void
  /** @throws {z.ZodError | ListingstreamError} if the command is not one, or names what does not exist. */
  obey(command: unknown): CommandReport
  /** What happens by itself at the nth tick of the market. */
  tick(number: number): void
  /** @throws {z.ZodError | ListingstreamError} */
  changeMetadata(change: MetadataChange): void
  /** One line of JSON for each visible record, as the API would serve it, in order of definition. */
  truthLines(expand: ReadonlySet<string>): Iterable<string>
  /** The fields of each visible record, by key. */
  truth(): ReadonlyMap<string, Readonly<Record<string, unknown>>>
  /**
   * What each visible record has under a path below its own, by key, as the API would serve it; undefined: no such path.
   * @param key of one record alone
   */
  sublistTruth(path: string, key?: string): Iterable<readonly [key: string, rows: Subrows]> | undefined
  /** What each visible record shows in a field, by key, ascending; null also where it has no such field. */
  shownValues(name: string): Iterable<readonly [key: string, value: JsonValue]>
  /** One of the records that it began with, the same for the same hash; null if there were none. */
  first(hash: number): RecordIdentity | null
  /** Those that belong to the record of this key, in view or over by time passing, ascending by key. */
  ownedBy(owner: string): readonly OwnedRecord[]
}

/** Where a collection is opened. */
export interface CollectionSettings extends Pick<Surroundings, 'dataShare' | 'firstIn' | 'ownedBy'> {
  /** Listings at the start of the whole market. */
  readonly listings: number
  readonly seed: number
  /** End of the generated past, milliseconds since 1970: no first record has a later stamp. */
  readonly epoch: number
  readonly fields: FieldSet
  /** Longest time between a change's stamp and its being visible; each change has its own, by the seed. */
  readonly cacheLagMs: number
  readonly now: () => number
  readonly behaviour: () => Behaviour
  /** Gives listings a new stamp: something of theirs has changed. */
  readonly touchListings: (keys: readonly string[], at: number) => void
}
