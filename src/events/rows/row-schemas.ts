import type { SchemaId } from '../../domain/content.ts'
import type { ResourceDescription } from '../../domain/resource.ts'
import { InvariantViolation, type ListingstreamError } from '../../support/errors.ts'
import { AvroBuffer } from '../content/avro-buffer.ts'
import { EventError } from '../event-error.ts'
import type { SchemaInUse } from '../registry/schema-look.ts'
import type { SchemaRegistry } from '../registry/schema-registry.ts'
import { valueSubject } from '../registry/subject-name.ts'
import { versionInUse } from '../registry/version-in-use.ts'
import { unframe } from '../wire-format.ts'
import { RowReader } from './row-reader.ts'
import { nextRowSchema } from './row-schema.ts'
import { RowWriter } from './row-writer.ts'

export interface RowSchemasOptions {
  readonly registry: SchemaRegistry
  readonly resource: ResourceDescription
  /** Of its rows, with the prefix. */
  readonly topic: string
  /** Of a row's value, that the topic takes. */
  readonly mostBytes: number
  /** Told why the registry does not take a version that the events ask for; null: it takes it again. Never throws. */
  readonly onRefusal: (error: ListingstreamError | null) => void
}

/** The rows of one resource: from the bytes of its events to those of their rows. */
export class RowSchemas {
  readonly resource: ResourceDescription
  readonly #options: RowSchemasOptions
  readonly #subject: string
  readonly #readers = new Map<SchemaId, RowReader>()
  readonly #written = new Map<SchemaId, string>()
  readonly #buffer = new AvroBuffer()
  #writer: RowWriter | undefined
  #isRefused = false
  /** What asked last for a version that is refused. */
  #refusedTo: string | undefined

  constructor(options: RowSchemasOptions) {
    this.resource = options.resource
    this.#options = options
    this.#subject = valueSubject(options.topic)
  }

  /**
   * Makes sure that rows can be made of events under these schemas: reads what is not known yet from the registry, and
   * registers the next version of the rows where they have more fields. One that is refused does not stop the feed: what has
   * no column travels in `UnmappedFields`, and the next asker tries again.
   *
   * @param asker a text that differs from pass to pass
   * @throws {RegistryRefused | RegistryUnauthorized | RegistryBadResponse} if the refused version would be the first one
   */
  async prepare(ids: Iterable<SchemaId>, asker: string, signal: AbortSignal): Promise<void> {
    for (const id of new Set(ids)) {
      const reader = this.#readers.get(id) ?? (await this.#load(id, signal))
      const fits = reader.columns.every((column) => this.#writer?.has(column) === true)
      if (!fits && this.#refusedTo !== asker) await this.#extend(reader, asker, signal)
      this.#readers.set(id, reader)
    }
  }

  /** The row of an event in the wire format, whose schema was prepared. */
  row(value: Uint8Array): Uint8Array {
    const { schemaId, avro } = unframe(value)
    const reader = this.#readers.get(schemaId)
    if (reader === undefined || this.#writer === undefined) {
      throw new InvariantViolation(`Rows of schema ${schemaId} were not prepared.`)
    }
    return this.#writer.write(reader.read(avro))
  }

  /** What everything that was written can be read with. */
  schemasInUse(): readonly SchemaInUse[] {
    return [...this.#written].map(([id, text]) => ({ id, text, subject: this.#subject }))
  }

  async #load(id: SchemaId, signal: AbortSignal): Promise<RowReader> {
    const text = await this.#options.registry.byId(id, signal)
    if (text !== undefined) return new RowReader(text, this.resource)
    throw new EventError(
      `The schema registry does not know schema ${id}, with which ${this.resource.name} were published. Restore the registry's contents: subscribers need them too.`,
    )
  }

  async #extend({ columns }: RowReader, asker: string, signal: AbortSignal): Promise<void> {
    const { registry, mostBytes, onRefusal } = this.#options
    const latest = await registry.latest(this.#subject, signal)
    const text = nextRowSchema(latest?.schema ?? null, columns, this.resource)
    const used = await versionInUse(registry, { subject: this.#subject, text, latest }, signal)
    this.#writer = new RowWriter(used, this.#buffer, mostBytes)
    this.#written.set(used.id, used.schema)
    this.#refusedTo = used.refusal === null ? undefined : asker
    if (this.#isRefused !== (used.refusal !== null)) onRefusal(used.refusal)
    this.#isRefused = used.refusal !== null
  }
}
