import type { SchemaId } from '../../domain/content.ts'
import type { FieldDescription } from '../../domain/field-description.ts'
import { InvariantViolation, ListingstreamError } from '../../support/errors.ts'
import { compileEvent, type CompiledEvent } from './compiled-event.ts'
import { EventError } from '../event-error.ts'
import { evolve, type EventOptions } from './event-schema.ts'
import type { SchemaInUse } from '../registry/schema-look.ts'
import type { RegisteredSchema, SchemaRegistry } from '../registry/schema-registry.ts'
import { subjectName } from '../registry/subject-name.ts'

export interface EventSchemasOptions extends EventOptions {
  readonly registry: SchemaRegistry
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

/** The versions of a resource's `…Upserted` that a process works with: the current one and those it compares with (R5). */
export class EventSchemas {
  readonly #options: EventSchemasOptions
  readonly #subject: string
  readonly #versions = new Map<SchemaId, CompiledEvent>()
  #current: CompiledEvent | undefined
  #refusal: ListingstreamError | null = null

  constructor(options: EventSchemasOptions) {
    this.#options = options
    this.#subject = subjectName(options.topic, options.resource.events.upserted)
  }

  get topic(): string {
    return this.#options.topic
  }

  /** JSON text of the schema of `…Deleted`, which has no other versions; undefined where a tombstone comes alone. */
  get deletedText(): string | undefined {
    const { deleted, deletion } = this.#options.resource.events
    return deletion === 'tombstone' ? undefined : this.#options.readSchema(deleted)
  }

  /** Null before the first `use`. */
  get currentId(): SchemaId | null {
    return this.#current?.id ?? null
  }

  /** Of the source, that the current schema has, e.g. `Emails.Address`. */
  get fieldNames(): readonly string[] {
    return this.current().projection.fieldNames()
  }

  /** Why the registry does not take the schema of the last `use`; null if it does. */
  get refusal(): ListingstreamError | null {
    return this.#refusal
  }

  /**
   * Makes the schema for these fields of the source's metadata current (none where the schema is written by hand): the
   * subject's latest version if that has them all, otherwise a new
   * version, which is registered before its first use. A version that the registry refuses does not stop the feed: the
   * latest one is used, and what it has no field for travels in `unmappedFields` (R12).
   * @throws {RegistryRefused | RegistryUnauthorized | RegistryBadResponse} if the refused version would be the first one
   */
  async use(fields: readonly FieldDescription[], signal: AbortSignal): Promise<SchemaId> {
    const { registry, resource, readSchema } = this.#options
    const latest = await registry.latest(this.#subject, signal)
    const written = readSchema(resource.events.upserted)
    const text = evolve(latest?.schema ?? null, fields, { ...this.#options, written })
    const used = await this.#registered(text, latest, signal)
    this.#current = this.#versions.get(used.id) ?? this.#compile(used.id, used.schema)
    return used.id
  }

  /** The version with this text; the latest one if the registry refuses it. */
  async #registered(
    text: string,
    latest: RegisteredSchema | undefined,
    signal: AbortSignal,
  ): Promise<RegisteredSchema> {
    if (text === latest?.schema) {
      this.#refusal = null
      return latest
    }
    try {
      const id = await this.#options.registry.register(this.#subject, text, signal)
      this.#refusal = null
      return { id, schema: text }
    } catch (error) {
      // Whatever keeps it from being registered: only an outage is waited out, since it ends by itself.
      if (!(error instanceof ListingstreamError) || error.retryable || latest === undefined) throw error
      this.#refusal = error
      return latest
    }
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

  schemasInUse(): readonly SchemaInUse[] {
    return [...this.#versions.values()].map(({ id, text }) => ({ id, subject: this.#subject, text }))
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
