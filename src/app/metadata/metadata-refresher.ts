import { z } from 'zod'

import type { EventSchemas } from '../../events/schema/event-schemas.ts'
import type { FieldDescription } from '../../domain/field-description.ts'
import type { ResourceDescription, ResourceName } from '../../domain/resource.ts'
import type { Observer, ResourceMetadata } from '../../replication/ports.ts'
import type { PropertyType } from '../../spark/metadata-bodies.ts'
import { SparkApiError } from '../../spark/spark-api-error.ts'
import type { SparkMetadata } from '../../spark/spark-metadata.ts'
import { InvariantViolation } from '../../support/errors.ts'
import { SerialQueue } from '../../support/serial-queue.ts'
import { MetadataService, type MetadataServiceOptions } from './metadata-service.ts'

export interface MetadataRefresherOptions extends MetadataServiceOptions {
  readonly metadata: SparkMetadata
  /** Of each resource. */
  readonly schemas: ReadonlyMap<ResourceName, EventSchemas>
  readonly observer: Observer
  /** Told the names of all fields of a resource, by its metadata or its schema, at each look. */
  readonly onFields: (resource: ResourceName, names: readonly string[]) => void
}

const FIELD: z.ZodType<FieldDescription> = z.object({
  name: z.string(),
  type: z.string(),
  label: z.string(),
  hasList: z.boolean(),
  multiSelect: z.boolean(),
  searchable: z.boolean(),
  nullable: z.boolean().nullable(),
  group: z.string().nullable(),
  shownFor: z.array(z.string()).nullable(),
})
const PROPERTY_TYPE: z.ZodType<PropertyType> = z.object({ code: z.string(), name: z.string() })

/** Of a resource whose schema is written by hand. */
const NO_FIELDS: readonly FieldDescription[] = []

/**
 * Keeps the event schemas in step with the source's metadata, by conditional GET (docs/spark-api.md §3.5). The vendor marks the
 * services alpha: where one is gone, the last known metadata counts. Nothing is asked for a schema that is written by hand.
 */
export class MetadataRefresher implements ResourceMetadata {
  readonly #options: MetadataRefresherOptions
  readonly #standardFields: MetadataService<FieldDescription>
  readonly #customFields: MetadataService<FieldDescription>
  readonly #propertyTypes: MetadataService<PropertyType>
  readonly #queue = new SerialQueue()
  /** What the current schema of each resource was made of. */
  readonly #used = new Map<ResourceName, readonly FieldDescription[]>()

  constructor(options: MetadataRefresherOptions) {
    const { metadata } = options
    this.#options = options
    this.#standardFields = new MetadataService('/v1/standardfields', FIELD, options, (previous, signal) =>
      metadata.standardFields(previous, signal),
    )
    this.#customFields = new MetadataService('/v1/customfields', FIELD, options, (previous, signal) =>
      metadata.customFields(previous, signal),
    )
    this.#propertyTypes = new MetadataService(
      '/v1/propertytypes',
      PROPERTY_TYPE,
      options,
      (previous, signal) => metadata.propertyTypes(previous, signal),
    )
  }

  refresh(resource: ResourceDescription, signal: AbortSignal): Promise<void> {
    return this.#queue.run(() => this.#refresh(resource, signal))
  }

  async #refresh({ name, fields: { from } }: ResourceDescription, signal: AbortSignal): Promise<void> {
    const { onFields } = this.#options
    if (from === 'schema') {
      const { fieldNames } = await this.#use(name, NO_FIELDS, NO_FIELDS, signal)
      return onFields(name, fieldNames)
    }
    const asked = [
      this.#standardFields.ask(isGoneOrGarbled, signal),
      // Without these two a schema is as good, so that they never stop a pass.
      this.#customFields.ask(isSparkApiError, signal),
      this.#propertyTypes.ask(isSparkApiError, signal),
    ] as const
    // None goes on behind a failure of another.
    await Promise.allSettled(asked)
    const [fields, custom, types] = await Promise.all(asked)
    onFields(name, [...fields.map((field) => field.name), ...custom.map(qualifiedName)])
    await this.#use(name, fields, withTypeNames(fields, types), signal)
  }

  /** @param fields the same array as long as nothing changed */
  async #use(
    resource: ResourceName,
    fields: readonly FieldDescription[],
    described: readonly FieldDescription[],
    signal: AbortSignal,
  ): Promise<EventSchemas> {
    const { observer, logger } = this.#options
    const schemas = this.#options.schemas.get(resource)
    if (schemas === undefined) throw new InvariantViolation(`The feed has no schemas of ${resource}.`)
    if (fields === this.#used.get(resource) && schemas.refusal === null) return schemas
    const before = schemas.currentId
    const schemaId = await schemas.use(described, signal)
    this.#used.set(resource, fields)
    observer.schemaRefused(resource, schemas.refusal)
    if (schemaId !== before) {
      logger.info({ resource, fields: schemas.fieldNames.length, schemaId }, 'event schema in use')
    }
    return schemas
  }
}

function isSparkApiError(error: unknown): boolean {
  return error instanceof SparkApiError
}

/** The service is gone; or what it says cannot be its answer, and an earlier one is known. */
function isGoneOrGarbled(error: unknown, known: boolean): boolean {
  return isGone(error) || (known && error instanceof SparkApiError && error.garbled)
}

/** The service is not there, or not for this key (404, 1500). */
function isGone(error: unknown): boolean {
  if (!(error instanceof SparkApiError)) return false
  const { refuses, httpStatus } = error
  const refused = refuses === 'record' || refuses === 'right' || refuses === 'method'
  return refused || httpStatus === 404 || httpStatus === 410
}

/** As SparkQL and `customFields` of the event write it. */
function qualifiedName({ group, name }: FieldDescription): string {
  return group === null ? name : `"${group}"."${name}"`
}

/** Codes of property types differ from MLS to MLS; people read names. */
export function withTypeNames(
  fields: readonly FieldDescription[],
  types: readonly PropertyType[],
): readonly FieldDescription[] {
  const names = new Map(types.map(({ code, name }) => [code, `${name} (${code})`]))
  return fields.map((field) => ({
    ...field,
    shownFor: field.shownFor?.map((code) => names.get(code) ?? code) ?? null,
  }))
}
