import { z } from 'zod'

import { isJsonObject } from '../../domain/json.ts'
import type { JsonValue } from '../../domain/json.ts'

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
  /** How many records, chosen by the seed; default 1, for `bulk-touch`, `mask` and `unmask` all. */
  count: z.number().int().min(1).optional(),
  /** These records instead of chosen ones. */
  keys: z.array(z.string()).readonly().optional(),
  /** Choose among those of one MLS. */
  mlsId: z.string().optional(),
  /** The change's stamp; default now. */
  at,
}
const commonSchema = z.discriminatedUnion('action', [
  /** A new stamp and nothing else. */
  z.strictObject({ action: z.literal('touch'), ...selection }),
  z.strictObject({ action: z.literal('bulk-touch'), ...selection }),
  /** Deleted at the source. */
  z.strictObject({ action: z.literal('remove'), ...selection }),
  /** Still at the source, no longer in this key's view. */
  z.strictObject({ action: z.literal('leave'), ...selection }),
  /** Back in view, under its old key and with its old stamp. */
  z.strictObject({ action: z.literal('return'), ...selection }),
  /** Deleted, and the same again under a new key. */
  z.strictObject({ action: z.literal('relist'), ...selection }),
  z.strictObject({ action: z.literal('new'), count: selection.count, at }),
  /** Rights flip: `********` for the value, or back, without any stamp (docs/spark-api.md §4.2). */
  z.strictObject({ action: z.literal('mask'), fields: z.array(z.string()).min(1), ...selection }),
  z.strictObject({ action: z.literal('unmask'), fields: z.array(z.string()).min(1), ...selection }),
  /** Any value for any field, also one that does not fit its type; with `stamp: false` without a new stamp. */
  z.strictObject({
    action: z.literal('set'),
    fields: z.record(z.string(), jsonValue),
    stamp: z.boolean().optional(),
    ...selection,
  }),
])
const ownSchema = z.strictObject({ action: z.string(), ...selection })

/** What can happen to any record, and needs no more words. */
export type CommonAction = 'new' | 'touch' | 'remove' | 'leave' | 'return' | 'relist'

/** A command to a collection whose own kinds of change are `Own`. */
export type RecordCommand<Own extends string> =
  | z.input<typeof commonSchema>
  | (Omit<z.input<typeof ownSchema>, 'action'> & { readonly action: Own })
  | { readonly action: Own | CommonAction }

export type CommonCommand = z.output<typeof commonSchema>
type OwnCommand = z.output<typeof ownSchema>
export type Selection = Omit<OwnCommand, 'action'>

/** With the change `C` that the collection has for it; undefined if it is a common one. */
export type ParsedCommand<C> =
  | { readonly own: C; readonly command: OwnCommand }
  | { readonly own: undefined; readonly command: CommonCommand }

const COMMON_ACTIONS = commonSchema.options.map(({ shape }) => shape.action.value)

/** @throws {z.ZodError} */
export function parseCommand<C extends { readonly action: string; readonly words?: z.ZodRawShape }>(
  command: unknown,
  changes: readonly C[],
): ParsedCommand<C> {
  const actions = [...changes.map(({ action }) => action), ...COMMON_ACTIONS]
  const { action } = z.looseObject({ action: z.enum(actions) }).parse(command)
  const own = changes.find((change) => change.action === action)
  return own === undefined
    ? { own, command: commonSchema.parse(command) }
    : { own, command: z.strictObject({ ...own.words, ...ownSchema.shape }).parse(command) }
}

export interface CommandReport {
  readonly action: string
  /** Keys of the records that changed, in order; of `relist` the old key of each and then its new one. */
  readonly keys: readonly string[]
  /** The stamp, milliseconds since 1970. */
  readonly at: number
}
