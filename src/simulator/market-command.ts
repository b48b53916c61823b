import { z } from 'zod'

import type { JsonValue } from '../domain/json.ts'
import { isJsonObject } from '../domain/json.ts'

/** An ISO 8601 datetime or milliseconds since 1970. */
const at = z
  .union([z.number().int(), z.iso.datetime({ offset: true }).transform((text) => Date.parse(text))])
  .optional()

const jsonValue = z.custom<JsonValue>(
  (value) =>
    value === null ||
    ['boolean', 'number', 'string'].includes(typeof value) ||
    Array.isArray(value) ||
    isJsonObject(value),
)

const selection = {
  /** How many listings, chosen by the seed; default 1, for `bulk-touch`, `bulk-edit`, `mask` and `unmask` all. */
  count: z.number().int().min(1).optional(),
  /** These listings instead of chosen ones. */
  keys: z.array(z.string()).readonly().optional(),
  /** Choose among those of one MLS. */
  mlsId: z.string().optional(),
  /** The change's stamp; default now. */
  at,
}

export const marketCommandSchema = z.discriminatedUnion('action', [
  /** New ListPrice. */
  z.strictObject({ action: z.literal('prices'), ...selection }),
  /** Active to Pending, Pending to Closed. */
  z.strictObject({ action: z.literal('status'), ...selection }),
  /** A new ModificationTimestamp and nothing else. */
  z.strictObject({ action: z.literal('touch'), ...selection }),
  z.strictObject({ action: z.literal('bulk-touch'), ...selection }),
  /** A new Disclaimer and ModificationTimestamp. */
  z.strictObject({ action: z.literal('bulk-edit'), ...selection }),
  /** One photo more or fewer, with PhotosChangeTimestamp. */
  z.strictObject({ action: z.literal('media'), ...selection }),
  /** Deleted at the source. */
  z.strictObject({ action: z.literal('remove'), ...selection }),
  /** Still at the source, no longer in this key's view. */
  z.strictObject({ action: z.literal('leave'), ...selection }),
  /** Back in view, under its old key and with its old stamp. */
  z.strictObject({ action: z.literal('return'), ...selection }),
  /** Deleted, and the same house under a new key. */
  z.strictObject({ action: z.literal('relist'), ...selection }),
  z.strictObject({ action: z.literal('new'), count: selection.count, at }),
  /** Rights flip: `********` for the value, or back, without any stamp (docs/spark-api.md §4.2). */
  z.strictObject({ action: z.literal('mask'), fields: z.array(z.string()).min(1), ...selection }),
  z.strictObject({ action: z.literal('unmask'), fields: z.array(z.string()).min(1), ...selection }),
  /** Any value for any field, also one that does not fit its type; with `stamp: false` without a new timestamp. */
  z.strictObject({
    action: z.literal('set'),
    fields: z.record(z.string(), jsonValue),
    stamp: z.boolean().optional(),
    ...selection,
  }),
])

export type MarketCommand = z.input<typeof marketCommandSchema>
export type CheckedCommand = z.output<typeof marketCommandSchema>

export interface MarketReport {
  readonly action: CheckedCommand['action']
  /** Keys of the listings that changed, in order; of `relist` the old key of each and then its new one. */
  readonly keys: readonly string[]
  /** The stamp, milliseconds since 1970. */
  readonly at: number
}
