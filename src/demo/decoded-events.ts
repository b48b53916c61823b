import { z } from 'zod'

export type Members = Readonly<Record<string, unknown>>

/** Avro records come as objects of classes of their own, which `z.record` refuses. */
const members = z.custom<Members>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
)

const LISTING_UPSERTED = z.object({
  listingKey: z.string(),
  change: z.string(),
  modificationTimestamp: z.iso.datetime().nullable(),
  observedAt: z.iso.datetime(),
  volatileFields: members,
  listing: z.object({
    standardFields: members,
    customFields: members,
    maskedFields: z.array(z.string()),
    unmappedFields: z.record(z.string(), z.string()),
  }),
})

/** `ListingUpserted` as a consumer has it: dates and timestamps as ISO 8601 text (docs/replication.md, "Events"). */
export type UpsertedListing = Readonly<z.output<typeof LISTING_UPSERTED>>

/** @throws {z.ZodError} */
export function parseUpserted(value: unknown): UpsertedListing {
  return LISTING_UPSERTED.parse(value)
}

const LISTING_DELETED = z.object({ listingKey: z.string() })

/** The key of a `ListingDeleted`. @throws {z.ZodError} */
export function parseDeleted(value: unknown): string {
  return LISTING_DELETED.parse(value).listingKey
}
