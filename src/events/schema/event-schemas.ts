import type { SchemaId } from '../../domain/content.ts'
import type { FieldDescription } from '../../domain/field-description.ts'
import { InvariantViolation, type ListingstreamError } from '../../support/errors.ts'
import { parseAvroRecord, serializeSchema } from './avro-record.ts'
import { compileDeleted, compileEvent, type CompiledDeleted, type CompiledEvent } from './compiled-event.ts'
import { EventError } from '../event-error.ts'
import { evolve, type EventOptions } from './event-schema.ts'
import type { SchemaInUse } from '../registry/schema-look.ts'
import type { SchemaRegistry } from '../registry/schema-registry.ts'
import { subjectName } from '../registry/subject-name.ts'
import { versionInUse } from '../registry/version-in-use.ts'

export interface EventSchemasOptions extends EventOptions {
  readonly registry: Pick<SchemaRegistry, 'latest' | 'register' | 'byId'>
  /** The resource's topic, with its prefix. */
  readonly topic: string
  /** JSON text of a hand-written schema, by the name of its record. */
  readonly readSchema: (name: string) => string
}

/** The arguments of `compileEvent` beside the resource. Plain data. */
export interface EventRecipe {
  readonly id: SchemaId
  readonly text: string
  readonly volatileFields: readonly string[]
}

/**
 * The versions of a resource's events that a process works with: of `…Upserted` the current one and those that it compares
 * with (R5), of `…Deleted` the current one.
 */
export class EventSchemas {
  readonly #options: EventSchemasOptions
  readonly #subject: string
  readonly #deletedSubject: string
  readonly #versions = new Map<SchemaId, CompiledEvent>()
  #current: CompiledEvent | undefined
  #refusal: ListingstreamError | null = null
  #deleted: CompiledDeleted | undefined
  #deletedRefusal: ListingstreamError | null = null

  constructor(options: EventSchemasOptions) {
    this.#options = options
    const { upserted, deleted } = options.resource.events
    this.#subject = subjectName(options.topic, upserted)
    this.#deletedSubject = subjectName(options.topic, deleted)
  }

  /** Null before the first `use`. */
  get currentId(): SchemaId | null {
    return this.#current?.id ?? null
  }

  /** Of the source, that the current schema has, e.g. `Emails.Address`. */
  get fieldNames(): readonly string[] {
    return this.current().projection.fieldNames()
  }

  /** Why the registry does not take a schema that is wanted; null if it takes all. */
  get refusal(): ListingstreamError | null {
    return this.#refusal ?? this.#deletedRefusal
  }

  /**
   * Makes the schema for these fields of the source's metadata current (none where the schema is written by hand): the
   * subject's latest version if that has them all, otherwise a new
   * version, which is registered before its first use. A version that the registry refuses does not stop the feed: the
   * latest one is used, and what it has no field for travels in `unmappedFields` (R12). A refused `…Deleted` is tried again.
   * @throws {RegistryRefused | RegistryUnauthorized | RegistryBadResponse} if the refused version would be the first one
   */
  async use(fields: readonly FieldDescription[], signal: AbortSignal): Promise<SchemaId> {
    const { registry, resource, readSchema } = this.#options
    const latest = await registry.latest(this.#subject, signal)
    const written = readSchema(resource.events.upserted)
    const text = evolve(latest?.schema ?? null, fields, { ...this.#options, written })
    const used = await versionInUse(registry, { subject: this.#subject, text, latest }, signal)
    this.#refusal = used.refusal
    this.#current = this.#versions.get(used.id) ?? this.#compile(used.id, used.schema)
    if (this.#deletedRefusal !== null) await this.useDeleted(signal)
    return used.id
  }

  /**
   * Makes the schema of `…Deleted` current, which does not depend on the source, by the same rule; there is none where a
   * tombstone comes alone. Writes nothing to a registry that knows it.
   */
  async useDeleted(signal: AbortSignal): Promise<void> {
    const { registry, resource, readSchema } = this.#options
    if (resource.events.deletion === 'tombstone') return
    const text = serializeSchema(parseAvroRecord(readSchema(resource.events.deleted)))
    const latest = await registry.latest(this.#deletedSubject, signal)
    const used = await versionInUse(registry, { subject: this.#deletedSubject, text, latest }, signal)
    this.#deletedRefusal = used.refusal
    this.#deleted = compileDeleted(used.id, used.schema)
  }

  /** Makes sure that the versions can be had from `version`; nothing is asked for twice. */
  async load(ids: Iterable<SchemaId>, signal: AbortSignal): Promise<void> {
    for (const id of new Set(ids)) {
      if (this.#versions.has(id)) continue
      const text = await this.#options.registry.byId(id, signal)
      if (text === undefined) {
        throw new EventError(
          `The schema registry does not know schema ${id}, with which ${this.#options.resource.name} were published. Restore the registry's contents: subscribers need them too.`,
        )
      }
      this.#compile(id, text)
    }
  }

  /** What another thread needs to encode as `current` does; undefined before the first `use`. */
  get recipe(): EventRecipe | undefined {
    if (this.#current === undefined) return undefined
    const { id, text } = this.#current
    return { id, text, volatileFields: this.#options.volatileFields }
  }

  /** What everything that was encoded can be read with. */
  schemasInUse(): readonly SchemaInUse[] {
    const upserted = [...this.#versions.values()].map(({ id, text }) => ({
      id,
      subject: this.#subject,
      text,
    }))
    if (this.#deleted === undefined) return upserted
    const { id, text } = this.#deleted
    return [{ id, subject: this.#deletedSubject, text }, ...upserted]
  }

  deleted(): CompiledDeleted {
    if (this.#deleted === undefined)
      throw new InvariantViolation(`No schema of deletes of ${this.#options.resource.name} is in use.`)
    return this.#deleted
  }

  current(): CompiledEvent {
    if (this.#current === undefined) throw new InvariantViolation('No schema is in use yet.')
    return this.#current
  }

  version(id: SchemaId): CompiledEvent {
    const version = this.#versions.get(id)
    if (version === undefined) throw new InvariantViolation(`Schema ${id} was not loaded.`)
    return version
  }

  #compile(id: SchemaId, text: string): CompiledEvent {
    const compiled = compileEvent(id, text, this.#options)
    this.#versions.set(id, compiled)
    return compiled
  }
}
