import { z } from 'zod'

import type { ResourceDescription } from '../domain/resource.ts'

export type Members = Readonly<Record<string, unknown>>

/** Avro records come as objects of classes of their own, which `z.record` refuses. */
const members = z.custom<Members>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
)

const UPSERTED = z.looseObject({
  change: z.string(),
  modificationTimestamp: z.iso.datetime().nullable(),
  observedAt: z.iso.datetime(),
  volatileFields: members,
})

const CONTENT = z.looseObject({
  /** Only listings have them. */
  customFields: members.default({}),
  maskedFields: z.array(z.string()),
  unmappedFields: z.record(z.string(), z.string()),
})

/**
 * The event that has the content, of whatever resource, as a consumer has it: dates and timestamps as ISO 8601 text
 * (docs/replication.md, "Events").
 */
export interface UpsertedRecord {
  readonly key: string
  readonly change: string
  readonly modificationTimestamp: string | null
  readonly observedAt: string
  readonly volatileFields: Members
  readonly content: {
    /** Of the source, as deep as the schema goes. */
    readonly fields: Members
    readonly customFields: Members
    readonly maskedFields: readonly string[]
    readonly unmappedFields: Readonly<Record<string, string>>
  }
}

type Named = Pick<ResourceDescription, 'events'>

/** @throws {z.ZodError} */
export function parseUpserted({ events }: Named, value: unknown): UpsertedRecord {
  const { change, modificationTimestamp, observedAt, volatileFields, ...rest } = UPSERTED.parse(value)
  const { customFields, maskedFields, unmappedFields, ...content } = CONTENT.parse(rest[events.content])
  const fields = members.parse(content[events.fields])
  return {
    key: z.string().parse(rest[events.key]),
    change,
    modificationTimestamp,
    observedAt,
    volatileFields,
    content: { fields, customFields, maskedFields, unmappedFields },
  }
}

/** The key of the event that says that a record is gone. @throws {z.ZodError} */
export function parseDeleted({ events }: Named, value: unknown): string {
  return z.string().parse(z.looseObject({}).parse(value)[events.key])
}
