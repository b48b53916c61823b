import { isJsonObject, toJsonText } from '../../domain/json.ts'
import type { JsonValue } from '../../domain/json.ts'
import { MASKED } from '../../domain/masked.ts'
import type { KeyOrder } from '../api/key-order.ts'
import type { RowShape } from '../api/listable.ts'
import type { Behaviour } from '../behaviour.ts'
import type { RecordFields, Surroundings } from './collection-definition.ts'
import { qualifiedName } from './field-catalog.ts'
import type { FieldCatalog, FieldDefinition } from './field-catalog.ts'
import { generatedValue } from './field-values.ts'
import type { SimulatedRecord } from './simulated-record.ts'

/** What the API shows of a field (docs/spark-api.md §4.2). */
export function fieldValue<R extends SimulatedRecord>(
  record: R,
  field: FieldDefinition,
  facts: RecordFields<R>['facts'],
  around: Surroundings,
): JsonValue {
  if (record.masks?.get(field.id) ?? field.masked) return MASKED
  const override = record.overrides?.get(field.id)
  if (override !== undefined) return override
  if (field.values.kind === 'fact') return facts[field.id]?.(record, around) ?? null
  return generatedValue(field, record.seed, record.createdAt)
}

export interface RenderOptions<R extends SimulatedRecord> {
  /** Path of the collection. */
  readonly path: string
  readonly fields: RecordFields<R>
  readonly named: FieldCatalog
  readonly custom: FieldCatalog
  readonly shape: RowShape
  readonly behaviour: Pick<
    Behaviour,
    'decimals' | 'nullFields' | 'customFieldsMember' | 'emptyStandardFields'
  >
  readonly around: Surroundings
  readonly order: KeyOrder
}

/** One member of a rendered record. */
interface Slot<R> {
  readonly name: string
  readonly isShown: boolean
  /** Undefined: this record does not have it. */
  text(record: R): string | undefined
}

/** Renders many records in one shape: the order of members is settled once for all of them. */
export function recordRenderer<R extends SimulatedRecord>(options: RenderOptions<R>): (record: R) => string {
  const { path, fields, named, shape, order } = options
  const { select } = shape
  const values = named.fields
    .filter((field) => field.inListings && (select?.has(field.name) ?? true))
    .map((field) => valueSlot(field, options))
  const slots = order.arrange([
    { name: 'Id', isShown: true, text: ({ key }: R) => `"${key}"` },
    { name: 'ResourceUri', isShown: true, text: ({ key }: R) => `"${path}/${key}"` },
    ...fields.extras(shape.alone === true).map(([name, json]) => ({
      name,
      isShown: select === undefined,
      text: () => json,
    })),
    ...(fields.at === 'top'
      ? [...values, ...expansionSlots('fields', options)]
      : [standardFieldsSlot(values, options)]),
    ...expansionSlots('top', options),
    customFieldsSlot(options),
  ])
  return objectRenderer(slots)
}

function objectRenderer<R>(slots: readonly Slot<R>[]): (record: R) => string {
  const shown = slots
    .filter(({ isShown }) => isShown)
    .map((slot) => ({ slot, name: `${JSON.stringify(slot.name)}:` }))
  return (record) => {
    let members = ''
    for (const { slot, name } of shown) {
      const text = slot.text(record)
      if (text !== undefined) members += members === '' ? name + text : `,${name}${text}`
    }
    return `{${members}}`
  }
}

function valueSlot<R extends SimulatedRecord>(field: FieldDefinition, options: RenderOptions<R>): Slot<R> {
  const { fields, around, behaviour } = options
  return {
    name: field.name,
    isShown: true,
    text(record) {
      const value = fieldValue(record, field, fields.facts, around)
      if (value === null && behaviour.nullFields === 'absent') return undefined
      return valueText(field, value, behaviour.decimals)
    },
  }
}

function standardFieldsSlot<R extends SimulatedRecord>(
  values: readonly Slot<R>[],
  options: RenderOptions<R>,
): Slot<R> {
  const slots = [...values, ...expansionSlots('fields', options)]
  return {
    name: 'StandardFields',
    isShown: slots.length > 0 || options.behaviour.emptyStandardFields === 'empty',
    text: objectRenderer(options.order.arrange(slots)),
  }
}

/** What is asked for, may be seen and is not shown anyway; of two that fill the same member the first. */
function expansionSlots<R extends SimulatedRecord>(
  at: 'fields' | 'top',
  { fields, named, shape, around, order }: RenderOptions<R>,
): readonly Slot<R>[] {
  const asked = (fields.expansions ?? []).filter(
    (expansion) =>
      shape.expand.has(expansion.name) &&
      expansion.isGranted(around.behaviour) &&
      (shape.single === true || !expansion.isOfOne),
  )
  const attributes = (member: string): readonly string[] =>
    [...(shape.select ?? [])]
      .filter((name) => name.startsWith(`${member}.`))
      .map((name) => name.slice(member.length + 1))
  const byMember = new Map(asked.toReversed().map((expansion) => [expansion.member, expansion]))
  return [...byMember.values()]
    .filter((expansion) => expansion.at === at && named.find(expansion.member)?.inListings !== true)
    .map((expansion) => ({
      name: expansion.member,
      isShown: true,
      text: (record) => narrowedText(expansion.text(record, around, order), attributes(expansion.member)),
    }))
}

/** With these attributes of each row alone, beside those that every row has; all if none is named (docs/spark-api.md §2.4). */
function narrowedText(json: string, attributes: readonly string[]): string {
  if (attributes.length === 0) return json
  const kept = new Set(['Id', 'ResourceUri', ...attributes])
  const narrowed = (row: unknown): unknown =>
    isJsonObject(row) ? Object.fromEntries(Object.entries(row).filter(([name]) => kept.has(name))) : row
  const rows: unknown = JSON.parse(json)
  return JSON.stringify(Array.isArray(rows) ? rows.map(narrowed) : narrowed(rows))
}

function valueText(field: FieldDefinition, value: JsonValue, decimals: Behaviour['decimals']): string {
  if (field.type === 'Decimal' && typeof value === 'number' && decimals === 'string') {
    const digits = Number.isInteger(value) ? value.toFixed(1) : String(value)
    // Seen in the client's oldest fixtures (docs/spark-api.md §4.1).
    return JSON.stringify(field.name === 'Longitude' ? ` ${digits}` : digits)
  }
  return typeof value === 'object' ? toJsonText(value) : JSON.stringify(value)
}

function customFieldsSlot<R extends SimulatedRecord>(options: RenderOptions<R>): Slot<R> {
  const { custom, shape, behaviour } = options
  const fields = custom.fields.filter((field) => field.inListings && isSelected(field, shape.select))
  return {
    name: behaviour.customFieldsMember,
    isShown: shape.expand.has('CustomFieldsRaw') || shape.expand.has('CustomFieldsExpandedRaw'),
    text: (record) => customText(record, fields, options),
  }
}

function isSelected(field: FieldDefinition, select: ReadonlySet<string> | undefined): boolean {
  if (select === undefined || field.group === null) return true
  return select.has(qualifiedName(field)) || select.has(`"${field.group.name}"`)
}

/**
 * `[{"Main":[{"Group":[{"Field":value},…]},…],"Details":[…]}]` (docs/spark-api.md §4.1). Fields without a value are left out; each value
 * of a multi-select has an element of its own.
 */
function customText<R extends SimulatedRecord>(
  record: R,
  custom: readonly FieldDefinition[],
  { fields, around }: RenderOptions<R>,
): string {
  const categories = { Main: new Map<string, JsonValue[]>(), Details: new Map<string, JsonValue[]>() }
  for (const field of custom) {
    const value = fieldValue(record, field, fields.facts, around)
    if (field.group === null || value === null) continue
    const groups = categories[field.group.category]
    const entries = groups.get(field.group.name) ?? []
    groups.set(field.group.name, entries)
    if (field.values.kind === 'multi' && typeof value === 'object') {
      entries.push(...Object.keys(value).map((option) => ({ [field.name]: option })))
    } else entries.push({ [field.name]: value })
  }
  const list = (groups: ReadonlyMap<string, JsonValue[]>): JsonValue =>
    [...groups].map(([group, entries]) => ({ [group]: entries }))
  return toJsonText([{ Main: list(categories.Main), Details: list(categories.Details) }])
}
