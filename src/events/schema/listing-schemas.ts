import type { SchemaId } from '../../domain/content.ts'
import type { FieldDescription } from '../../domain/field-description.ts'
import type { ResourceDescription } from '../../domain/resource.ts'
import { InvariantViolation, ListingstreamError } from '../../support/errors.ts'
import { compileListing, type CompiledListing, type CompileListingOptions } from './compiled-listing.ts'
import { EventError } from '../event-error.ts'
import { evolve } from './listing-schema.ts'
import type { SchemaInUse } from '../registry/schema-look.ts'
import type { RegisteredSchema, SchemaRegistry } from '../registry/schema-registry.ts'
import { subjectName } from '../registry/subject-name.ts'

export interface ListingSchemasOptions {
  readonly registry: SchemaRegistry
  /** The resource's topic, with its prefix. */
  readonly topic: string
  readonly resource: ResourceDescription
  readonly volatileFields: readonly string[]
}

/** The arguments of `compileListing`. */
export interface ListingRecipe extends CompileListingOptions {
  readonly id: SchemaId
  readonly text: string
}

/** The versions of `ListingUpserted` that a process works with: the current one and those it compares with (R5). */
export class ListingSchemas {
  readonly #options: ListingSchemasOptions
  readonly #versions = new Map<SchemaId, CompiledListing>()
  #current: CompiledListing | undefined
  #refusal: ListingstreamError | null = null

  constructor(options: ListingSchemasOptions) {
    this.#options = options
  }

  /** Null before the first `use`. */
  get currentId(): SchemaId | null {
    return this.#current?.id ?? null
  }

  /** Why the registry does not take the schema of the last `use`; null if it does. */
  get refusal(): ListingstreamError | null {
    return this.#refusal
  }

  /**
   * Makes the schema for these fields current: the subject's latest version if that has them all, otherwise a new
   * version, which is registered before its first use. A version that the registry refuses does not stop the feed: the
   * latest one is used, and what it has no field for travels in `unmappedFields` (R12).
   * @throws {RegistryRefused | RegistryUnauthorized | RegistryBadResponse} if the refused version would be the first one
   */
  async use(fields: readonly FieldDescription[], signal: AbortSignal): Promise<SchemaId> {
    const { registry, topic, resource, volatileFields } = this.#options
    const { stamp: timestampField } = resource
    const subject = subjectName(topic, resource.events.upserted)
    const latest = await registry.latest(subject, signal)
    const text = evolve(latest?.schema ?? null, fields, { volatileFields, timestampField })
    const used = await this.#registered(subject, text, latest, signal)
    this.#current = this.#versions.get(used.id) ?? this.#compile(used.id, used.schema)
    return used.id
  }

  /** The version with this text; the latest one if the registry refuses it. */
  async #registered(
    subject: string,
    text: string,
    latest: RegisteredSchema | undefined,
    signal: AbortSignal,
  ): Promise<RegisteredSchema> {
    if (text === latest?.schema) {
      this.#refusal = null
      return latest
    }
    try {
      const id = await this.#options.registry.register(subject, text, signal)
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
          `The schema registry does not know schema ${id}, with which listings were published. Restore the registry's contents: subscribers need them too.`,
        )
      }
      this.#compile(id, text)
    }
  }

  /** What another thread needs to encode as `current` does; undefined before the first `use`. */
  get recipe(): ListingRecipe | undefined {
    const { volatileFields, resource } = this.#options
    if (this.#current === undefined) return undefined
    const { id, text } = this.#current
    return { id, text, volatileFields, timestampField: resource.stamp }
  }

  schemasInUse(): readonly SchemaInUse[] {
    const { topic, resource } = this.#options
    const subject = subjectName(topic, resource.events.upserted)
    return [...this.#versions.values()].map(({ id, text }) => ({ id, subject, text }))
  }

  current(): CompiledListing {
    if (this.#current === undefined) throw new InvariantViolation('No schema is in use yet.')
    return this.#current
  }

  version(id: SchemaId): CompiledListing {
    const version = this.#versions.get(id)
    if (version === undefined) throw new InvariantViolation(`Schema ${id} was not loaded.`)
    return version
  }

  #compile(id: SchemaId, text: string): CompiledListing {
    const { volatileFields, resource } = this.#options
    const compiled = compileListing(id, text, { volatileFields, timestampField: resource.stamp })
    this.#versions.set(id, compiled)
    return compiled
  }
}
