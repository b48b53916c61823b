import { isJsonObject } from '../../domain/json.ts'
import type { JsonValue } from '../../domain/json.ts'
import { ListingstreamError } from '../../support/errors.ts'
import { DEFINITION_ORDER } from '../api/key-order.ts'
import type { KeyOrder } from '../api/key-order.ts'
import { listService } from '../api/list-service.ts'
import type { ListService } from '../api/list-service.ts'
import { narrowed } from '../api/listable.ts'
import type { Listable, RowShape } from '../api/listable.ts'
import type { Subrows } from '../api/subrows.ts'
import type { FieldReader, FieldResolution } from '../sparkql/field.ts'
import type { Point } from '../sparkql/geometry.ts'
import { pointOf } from '../sparkql/location.ts'
import { ChangingRecords } from './changing-records.ts'
import type { CollectionDefinition, OwnedRecord, Surroundings } from './collection-definition.ts'
import { FieldCatalog, metadataChangeSchema } from './field-catalog.ts'
import type { FieldDefinition, MetadataChange } from './field-catalog.ts'
import { fieldReader } from './field-reader.ts'
import type { CollectionSettings, OpenCollection } from './open-collection.ts'
import type { CommandReport, RecordCommand } from './record-command.ts'
import { fieldValue, recordRenderer } from './record-json.ts'
import { RecordsByOwner } from './records-by-owner.ts'
import type { SimulatedRecord } from './simulated-record.ts'

const LONG_TEXT_WORDS = 20

/** Where fields are members of the record itself, its Id is one of them. */
const ID: FieldReader<SimulatedRecord> = {
  type: 'Character',
  multiSelect: false,
  value: ({ key }) => key,
  seconds: () => null,
}

/** What happens to a record without any consequence for its owner. */
const STAMPLESS: ReadonlySet<string> = new Set(['touch', 'bulk-touch', 'mask', 'unmask'])

/** A collection as the API shows it, over records that change. `More`: commands that say more than a selection. */
export class SimulatedCollection<R extends SimulatedRecord, Own extends string, More = never>
  implements Listable<R>, OpenCollection
{
  readonly catalog: FieldCatalog
  readonly customCatalog: FieldCatalog
  readonly service = listService<R>(this)
  readonly #definition: CollectionDefinition<R, Own>
  readonly #settings: CollectionSettings
  readonly #records: ChangingRecords<R, Own>
  readonly #byOwner: RecordsByOwner<R>
  #metadataChanges = 0

  constructor(definition: CollectionDefinition<R, Own>, settings: CollectionSettings) {
    const { fields } = definition
    this.#definition = definition
    this.#settings = settings
    this.catalog = new FieldCatalog(fields.named(settings.fields), settings.epoch)
    this.customCatalog = new FieldCatalog(fields.custom, settings.epoch)
    this.#records = new ChangingRecords(definition, settings, (name) => this.#field(name))
    this.#byOwner = new RecordsByOwner((record) => definition.owner?.(record, settings) ?? null)
  }

  get name(): string {
    return this.#definition.name
  }

  get path(): string {
    return this.#definition.path
  }

  get maxLimit(): number {
    return this.#definition.maxLimit
  }

  get revision(): number {
    return this.#records.revision + this.#metadataChanges
  }

  get gone(): readonly string[] {
    return this.#records.gone
  }

  /** Changes that are not visible yet. */
  get pending(): number {
    return this.#records.pending
  }

  advance(): void {
    this.#records.advance()
  }

  obey(command: unknown): CommandReport {
    const report = this.#records.obey(command)
    if (!STAMPLESS.has(report.action)) this.#moveOwners(report)
    return report
  }

  /** `obey`, of a command that is known to be one. @throws {ListingstreamError} if it names what does not exist */
  apply(command: RecordCommand<Own> | More): CommandReport {
    return this.obey(command)
  }

  tick(number: number): void {
    if (number % this.#definition.usual.everyTicks === 0) this.apply(this.usualCommand(number))
  }

  /** What happens by itself at the nth tick, if it is one of this collection's. */
  usualCommand(number: number): RecordCommand<Own> {
    return this.#records.usualCommand(number)
  }

  changeMetadata(change: MetadataChange): void {
    const checked = metadataChangeSchema.parse(change)
    const catalog = checked.custom ? this.customCatalog : this.catalog
    catalog.apply(checked, this.#settings.now())
    this.#metadataChanges += 1
  }

  first(hash: number): R | null {
    return this.#records.first(hash)
  }

  where(fact: string, value: JsonValue): ListService {
    const says = this.#definition.fields.facts[fact]
    const around = this.#surroundings()
    return listService(narrowed(this, (record) => says?.(record, around) === value))
  }

  /** What the API shows of a field; null if the record has no such field. */
  shown(record: R, name: string): JsonValue {
    const field = this.#find(name)
    if (field === undefined) return null
    return fieldValue(record, field, this.#definition.fields.facts, this.#surroundings())
  }

  *shownValues(name: string): Generator<readonly [key: string, value: JsonValue], void, undefined> {
    this.advance()
    for (const record of this.rows('')) yield [record.key, this.shown(record, name)]
  }

  ownedBy(owner: string): readonly OwnedRecord[] {
    const records = this.#byOwner.of(owner, this.#records.revision, () => this.#records.rowsEver())
    return records.map((record) => ({
      key: record.key,
      isOver: this.#records.isOver(record),
      values: () => this.#values(record),
    }))
  }

  keyOf({ key }: R): string {
    return key
  }

  find(key: string): R | undefined {
    return this.#records.find(key)
  }

  rows(after: string): IteratorObject<R> {
    return this.#records.rows(after)
  }

  now(): number {
    return this.#settings.now()
  }

  locate(id: string): Point | undefined {
    const record = this.find(id)
    const location = this.#location()
    return record === undefined || location === undefined
      ? undefined
      : (pointOf(location.value(record)) ?? undefined)
  }

  resolve(name: string): FieldResolution<R> {
    const { unsearchable, unknownFields, maskedStamps } = this.#settings.behaviour()
    if (name === 'Id' && this.#definition.fields.at === 'top') return unsearchable[name] ?? ID
    const field = this.#find(name)
    if (field === undefined && name === 'Location')
      return unsearchable[name] ?? this.#location() ?? unknownFields
    if (field === undefined || !field.inMetadata || !field.searchable) return unknownFields
    const { facts } = this.#definition.fields
    const around = this.#surroundings()
    const reader = fieldReader<R>(field, {
      isStamp: field.id === this.#definition.stamp,
      findsMasked: maskedStamps === 'searched',
      value: (record) => fieldValue(record, field, facts, around),
    })
    return unsearchable[name] ?? reader
  }

  isSortable(name: string): boolean {
    const values = this.#find(name)?.values
    return values?.kind !== 'words' || values.max < LONG_TEXT_WORDS
  }

  renderer(shape: RowShape, order: KeyOrder): (record: R) => string {
    return recordRenderer({
      path: this.path,
      fields: this.#definition.fields,
      named: this.catalog,
      custom: this.customCatalog,
      shape,
      behaviour: this.#settings.behaviour(),
      around: this.#surroundings(),
      order,
    })
  }

  sublist(path: string): ((record: R) => Subrows) | undefined {
    return this.#rowsBelow(path, this.#surroundings())
  }

  sublistTruth(path: string, key?: string): Iterable<readonly [key: string, rows: Subrows]> | undefined {
    this.advance()
    const around = this.#surroundings()
    // What a service cannot answer for now is there all the same.
    const behaviour = { ...around.behaviour, brokenParts: {} }
    const rowsOf = this.#rowsBelow(path, { ...around, behaviour })
    if (rowsOf === undefined) return undefined
    const records = key === undefined ? this.rows('') : present(this.find(key))
    return Iterator.from(records).map((record) => [record.key, rowsOf(record)])
  }

  *truthLines(expand: ReadonlySet<string> = new Set()): Generator<string, void, undefined> {
    this.advance()
    const render = this.renderer({ select: undefined, expand }, DEFINITION_ORDER)
    for (const record of this.rows('')) yield render(record)
  }

  truth(): ReadonlyMap<string, Readonly<Record<string, unknown>>> {
    this.advance()
    const render = this.renderer({ select: undefined, expand: new Set() }, DEFINITION_ORDER)
    const { at } = this.#definition.fields
    return new Map(Array.from(this.rows(''), (record) => [record.key, fieldsOf(render(record), at)]))
  }

  /** Undefined where records have no coordinates that a filter may know. */
  #location(): FieldReader<R> | undefined {
    const [latitude, longitude] = [this.resolve('Latitude'), this.resolve('Longitude')]
    if (typeof latitude === 'string' || typeof longitude === 'string') return undefined
    return {
      type: 'Location',
      multiSelect: false,
      value: (record) => ({ Latitude: latitude.value(record), Longitude: longitude.value(record) }),
      seconds: () => null,
    }
  }

  #surroundings(): Surroundings {
    const { dataShare, firstIn, ownedBy, now, behaviour } = this.#settings
    return { today: this.#records.today, dataShare, firstIn, ownedBy, now: now(), behaviour: behaviour() }
  }

  /** The listings that own the changed records have a new stamp. */
  #moveOwners({ keys, at }: CommandReport): void {
    const { behaviour, touchListings } = this.#settings
    const { owner } = this.#definition
    if (owner === undefined || !behaviour().partsMoveStamp) return
    const owners = keys
      .map((key) => this.#records.known(key))
      .flatMap((record) => (record === undefined ? [] : (owner(record, this.#settings) ?? [])))
    if (owners.length > 0) touchListings([...new Set(owners)], at)
  }

  #rowsBelow(path: string, around: Surroundings): ((record: R) => Subrows) | undefined {
    const found = this.#definition.sublists?.find((sublist) => sublist.path === path)
    return found && ((record) => found.rows(record, around))
  }

  #values(record: R): readonly (readonly [name: string, value: JsonValue])[] {
    const around = this.#surroundings()
    return this.catalog.fields
      .filter(({ inListings }) => inListings)
      .map((field) => [field.name, fieldValue(record, field, this.#definition.fields.facts, around)])
  }

  #find(name: string): FieldDefinition | undefined {
    return this.catalog.find(name) ?? this.customCatalog.find(name)
  }

  #field(name: string): FieldDefinition {
    const field = this.#find(name)
    if (field !== undefined) return field
    throw new ListingstreamError(`There is no field ${name}. Ask for what the simulator's truth shows.`, {
      code: 'SIMULATOR_UNKNOWN_FIELD',
      retryable: false,
      disposition: 'stop',
    })
  }
}

function present<T>(value: T | undefined): readonly T[] {
  return value === undefined ? [] : [value]
}

function fieldsOf(line: string, at: 'StandardFields' | 'top'): Readonly<Record<string, unknown>> {
  const shown: unknown = JSON.parse(line)
  const fields = isJsonObject(shown) && at === 'StandardFields' ? shown['StandardFields'] : shown
  return isJsonObject(fields) ? fields : {}
}
