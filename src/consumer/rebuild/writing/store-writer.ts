import type { NextOffsets } from '../../../domain/pass.ts'
import type { ResourceName } from '../../../domain/resource.ts'
import { EventError } from '../../../events/event-error.ts'
import { unframe } from '../../../events/wire-format.ts'
import { InvariantViolation } from '../../../support/errors.ts'
import { AvroBytes } from '../decode/avro-bytes.ts'
import { parseRecordType, type AvroRecordType } from '../decode/avro-type.ts'
import { RowDecoder } from '../decode/row-decoder.ts'
import { TableColumns } from '../decode/table-columns.ts'
import type { RebuiltResource } from '../rebuilt-resource.ts'
import type {
  ColumnValue,
  FinishedRound,
  RebuildStore,
  Round,
  StagedRow,
  StoreState,
  Table,
  WaitingListener,
} from '../store.ts'
import {
  backwards,
  DIGEST_LENGTH,
  recordsIn,
  TOMBSTONE,
  type PackedBatch,
  type PackedRecord,
} from './packed-batch.ts'
import type { RebuildWriter, SchemaText, Staged } from './writer.ts'

/** Bytes before the Avro value in the Confluent wire format. */
const FRAME_BYTES = 5

/** A resource as it is being written. */
interface Written {
  readonly source: RebuiltResource
  columns: TableColumns
  /** By schema id; null: of events that say that the key is gone. */
  readonly decoders: Map<number, RowDecoder | null>
  /** As the store knows it. */
  table: Table
}

/** Decodes and writes on the thread that it is used on. */
export class StoreWriter implements RebuildWriter {
  readonly #store: RebuildStore
  readonly #signal: AbortSignal
  readonly #schemas = new Map<number, AvroRecordType>()
  readonly #written: ReadonlyMap<ResourceName, Written>
  /** As readers see them. */
  #visible: readonly Table[] = []
  /** Of the round that is under way. */
  #resources: readonly ResourceName[] = []

  /** @param sources every resource that may become a table */
  constructor(store: RebuildStore, sources: readonly RebuiltResource[], signal: AbortSignal) {
    this.#store = store
    this.#signal = signal
    this.#written = new Map(
      sources.map((source) => {
        const columns = new TableColumns(source, store.limits)
        return [source.resource.name, { source, columns, table: columns.table(), decoders: new Map() }]
      }),
    )
  }

  async open(): Promise<StoreState> {
    const state = await this.#store.open(this.#signal)
    this.#visible = state.visible?.tables ?? []
    const tables = state.staged?.tables ?? []
    this.#resources = tables.map(({ resource }) => resource)
    this.#takeUp(tables)
    return state
  }

  async begin(
    round: Round,
    resources: Parameters<RebuildWriter['begin']>[1],
    from: NextOffsets,
  ): Promise<void> {
    const written = resources.map(({ name }) => this.#of(name))
    this.#resources = resources.map(({ name }) => name)
    if (round.kind === 'catch-up') this.#takeUp(this.#visible)
    else for (const each of written) this.#renew(each)
    for (const { name, newest } of resources) if (newest !== null) this.#prepare(this.#of(name), newest)
    for (const each of written) each.table = each.columns.table()
    const tables = written.map(({ table }) => table)
    await this.#store.begin(round, tables, from, this.#signal)
  }

  async learn({ id, text }: SchemaText): Promise<void> {
    this.#schemas.set(id, parseRecordType(text))
  }

  async stage(batch: PackedBatch): Promise<Staged> {
    const written = this.#of(batch.resource)
    const last = lastWords(batch, (id) => this.#decoder(written, id))
    const added = written.columns.table().columns.slice(written.table.columns.length)
    if (added.length > 0) {
      written.table = written.columns.table()
      await this.#store.addColumns(written.table, added, this.#signal)
    }
    const { table } = written
    await this.#store.stage(
      { rows: [{ table, rows: rowsOf(batch, last) }], reached: batch.reached },
      this.#signal,
    )
    return { records: recordsIn(batch), rows: last.byKey.size }
  }

  async finish(onWaiting?: WaitingListener): Promise<FinishedRound> {
    const report = await this.#store.finish(this.#signal, onWaiting)
    this.#visible = this.#resources.map((name) => this.#of(name).table)
    return report
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#store[Symbol.asyncDispose]()
  }

  /** Tables as an earlier round or process has left them. */
  #takeUp(tables: readonly Table[]): void {
    for (const table of tables) {
      const written = this.#written.get(table.resource)
      if (written === undefined || written.table === table) continue
      written.columns = new TableColumns(written.source, this.#store.limits, table.columns)
      written.decoders.clear()
      written.table = table
    }
  }

  #renew(written: Written): void {
    written.columns = new TableColumns(written.source, this.#store.limits)
    written.decoders.clear()
  }

  #prepare(written: Written, { id, text }: SchemaText): void {
    this.#schemas.set(id, parseRecordType(text))
    this.#decoder(written, id)
  }

  #decoder({ source, columns, decoders }: Written, id: number): RowDecoder | null {
    const known = decoders.get(id)
    if (known !== undefined) return known
    const type = this.#schemas.get(id)
    if (type === undefined) throw new InvariantViolation(`Schema ${id} was not told to the writer.`)
    const { name, events } = source.resource
    if (type.name !== events.upserted && type.name !== events.deleted) {
      throw new EventError(
        `The topic of ${name} holds a ${type.name}, which is no event of ${name}: some other program wrote to it, or the registry gave the id ${id} to another schema.`,
      )
    }
    const decoder = type.name === events.deleted ? null : new RowDecoder(source, { id, type }, columns)
    decoders.set(id, decoder)
    return decoder
  }

  #of(name: ResourceName): Written {
    const written = this.#written.get(name)
    if (written === undefined) throw new InvariantViolation(`Nothing of ${name} is to be rebuilt.`)
    return written
  }
}

/** What a batch says, by key, in the order of the records. */
interface LastWords {
  readonly avro: AvroBytes
  readonly byKey: ReadonlyMap<string, LastWord>
}

interface LastWord {
  readonly record: PackedRecord
  /** Null: the key is gone. */
  readonly decoder: RowDecoder | null
}

/** The last word of the batch on each of its keys. The columns of all their values are known afterwards. */
function lastWords(batch: PackedBatch, decoderOf: (id: number) => RowDecoder | null): LastWords {
  const { bytes } = batch
  const avro = new AvroBytes(bytes)
  const last = new Map<string, PackedRecord>()
  for (const record of backwards(batch)) {
    const key = avro.textAt(record.keyStart, record.valueStart)
    if (!last.has(key)) last.set(key, record)
  }
  const inOrder = [...last].toReversed()
  return {
    avro,
    byKey: new Map(inOrder.map(([key, record]) => [key, { record, decoder: ofRecord(record) }])),
  }

  function ofRecord({ valueStart, valueEnd }: PackedRecord): RowDecoder | null {
    if (valueEnd === TOMBSTONE) return null
    return decoderOf(unframe(bytes.subarray(valueStart, valueEnd)).schemaId)
  }
}

/** Each is decoded when it is asked for: the store is at work with the one before, and one alone is in memory. */
function* rowsOf(
  { partition }: PackedBatch,
  { avro, byKey }: LastWords,
): Generator<StagedRow, void, undefined> {
  for (const [key, { record, decoder }] of byKey) {
    yield { key, partition, offset: record.offset, values: valuesOf(key, record, decoder) }
  }

  function valuesOf(
    key: string,
    { digestStart, valueStart, valueEnd }: PackedRecord,
    decoder: RowDecoder | null,
  ): readonly ColumnValue[] | null {
    if (decoder === null) return null
    const digest = digestStart < 0 ? null : avro.textAt(digestStart, digestStart + DIGEST_LENGTH)
    avro.enter(valueStart + FRAME_BYTES, valueEnd)
    return decoder.decode(avro, { key, digest })
  }
}
